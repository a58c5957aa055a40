import type { GatewayAuditLog } from './audit.ts';
import type { Settings } from '../domain/nodes/config-settings.ts';
import type { RemovedBatch } from './retention.ts';

/** A stored folder. */
export interface FolderRecord {
  readonly id: string;
  /** Of its archive, hex. */
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly entries: number;
  /** As `task_artifacts.storage_ref`. */
  readonly storageRef: string;
}

/** What one transaction on folders may do. */
export interface FolderTransaction {
  readonly audit: GatewayAuditLog;
  /** The folder as somebody's; where they have it already, its bytes are the new ones from now on. */
  save(ownerId: string, folder: FolderRecord, at: Date): Promise<void>;
  /** Ends claims of content that a row names now. */
  releaseClaims(claimIds: readonly string[]): Promise<void>;
}

/** Folders that people sent for their tasks; each is its owner's alone. */
export interface Folders {
  transact<T>(work: (transaction: FolderTransaction) => Promise<T>): Promise<T>;
  /** The folder of an owner, used now, so that it stays for a while. */
  use(ownerId: string, sha256: string, at: Date): Promise<FolderRecord | undefined>;
  settings(keys: readonly string[]): Promise<Settings>;
}

/** The archive of a folder that is looked through on its way into storage. */
export interface CheckedArchive {
  /** The same bytes, once. @throws OrchestratorError `input_invalid`, `input_too_large`, and what they come from throws */
  bytes(): AsyncIterable<Uint8Array>;
  /** What is in it; to be asked when all bytes were read. */
  size(): Pick<FolderRecord, 'entries'> & { readonly bytes: number };
}

/** Looks through an archive whose files may have so many bytes together. */
export type CheckArchive = (chunks: AsyncIterable<Buffer>, maxBytes: number) => CheckedArchive;

/** Folders that nobody needs any more. */
export interface OldFolders {
  /** Removes those that were last used before that and belong to no task under way; their bytes are swept. */
  removeUnused(before: Date): Promise<RemovedBatch>;
}
