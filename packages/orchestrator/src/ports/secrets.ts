import type { JobSecret } from '../domain/jobs/run-request.ts';
import type { GatewayAuditLog } from './audit.ts';

/** A secret of a user without its value. */
export interface SecretRecord {
  readonly name: string;
  readonly sizeBytes: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** Which secret a sealed value belongs to; one that was moved to another does not open. */
export interface SecretPlace {
  readonly ownerId: string;
  readonly name: string;
}

/** A value sealed for the control plane's key. */
export interface SealedValue {
  readonly ciphertext: string;
  /** Names the key. */
  readonly kid: string;
}

export interface SecretReader {
  /** By name. */
  list(ownerId: string): Promise<readonly SecretRecord[]>;
}

/** What one transaction on the secrets of a user may do. */
export interface SecretTransaction extends SecretReader {
  readonly audit: GatewayAuditLog;
  /** Makes others who change secrets of this user wait until the transaction ends. */
  lock(ownerId: string): Promise<void>;
  /** The public key of the control plane; undefined until one of this version has started. */
  publicKey(): Promise<string | undefined>;
  write(
    place: SecretPlace,
    value: SealedValue & { readonly sizeBytes: number },
    at: Date,
  ): Promise<SecretRecord>;
  /** False when there is none of that name. */
  remove(place: SecretPlace): Promise<boolean>;
}

/** Runs work in one transaction; it is undone when the work rejects. */
export type TransactSecrets = <T>(
  work: (transaction: SecretTransaction) => Promise<T>,
) => Promise<T>;

/** Seals a value so that the holder of the private key alone opens it. */
export type SealSecret = (publicKey: string, place: SecretPlace, value: string) => SealedValue;

/** The control plane's side: it alone opens values. */
export interface SecretVault {
  readonly publicKey: string;
  /** Undefined for a value that was sealed for another key or another secret. */
  open(place: SecretPlace, sealed: SealedValue): string | undefined;
}

/** Secrets of jobs, opened. */
export interface JobSecrets {
  /**
   * Secrets of the task's creator, in the order of the names.
   * @throws OrchestratorError `input_gone`, with words for the creator, when one is gone or cannot be opened
   */
  read(taskId: string, names: readonly string[]): Promise<readonly JobSecret[]>;
}
