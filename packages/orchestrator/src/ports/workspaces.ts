import type { GatewayAuditLog } from './audit.ts';

/** A workspace that is kept between tasks, as its owner sees it. */
export interface WorkspaceRecord {
  readonly name: string;
  readonly nodeSlug: string | undefined;
  readonly sizeBytes: number | undefined;
  /** The task whose job holds it. */
  readonly heldBy: { readonly id: string; readonly name: string } | undefined;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | undefined;
}

export interface WorkspaceReader {
  /** By name. */
  list(ownerId: string): Promise<readonly WorkspaceRecord[]>;
}

/** What one transaction on the workspaces of a user may do. */
export interface WorkspaceTransaction {
  readonly audit: GatewayAuditLog;
  /** The workspace of that name, locked, so that no task is made for it until the transaction ends. */
  lock(ownerId: string, name: string): Promise<string | undefined>;
  /** Name of a task that waits for it or runs in it. */
  usedBy(id: string): Promise<string | undefined>;
  /** Forgets it and tells whoever removes its content. */
  remove(id: string): Promise<void>;
}

/** Runs work in one transaction; it is undone when the work rejects. */
export type TransactWorkspaces = <T>(
  work: (transaction: WorkspaceTransaction) => Promise<T>,
) => Promise<T>;

/** What is known of workspaces that a node says it keeps. */
export interface KnownWorkspaces {
  /** Of those on the node the ones that are nobody's any more, or whose content lies on another node. */
  lost(nodeId: string, ids: readonly string[]): Promise<readonly string[]>;
}
