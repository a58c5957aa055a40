import type { ChainedLog } from '../domain/audit/chained-logs.ts';
import type { Settings } from '../domain/nodes/config-settings.ts';
import type { RemovedBatch } from './retention.ts';

/** Where a chain ended. */
export interface SealHead {
  readonly toSeq: number;
  /** SHA-256 in hex. */
  readonly sealHash: string;
}

export interface SealedBatch {
  readonly rows: number;
  /** Undefined when nothing was sealed. */
  readonly head: SealHead | undefined;
  /** True when there may be more to seal. */
  readonly more: boolean;
}

/** The chains over audit logs; several processes may work on them side by side. */
export interface AuditSeals {
  settings(keys: readonly string[]): Promise<Settings>;
  /** Completes rows left open since before that, as they stand. */
  closeAbandoned(log: ChainedLog, before: Date): Promise<void>;
  /** A number up to which no row will ever appear any more; undefined while somebody who began before is still writing. */
  settledUpTo(log: ChainedLog, signal: AbortSignal): Promise<number | undefined>;
  /** True when the chain has that link. */
  holds(log: ChainedLog, head: SealHead): Promise<boolean>;
  /** Seals the next rows up to a settled number, at most 1000; none below a row that is open. */
  sealNext(log: ChainedLog, upTo: number, at: Date): Promise<SealedBatch>;
  /**
   * Removes the rows of the oldest range whose rows are all older, and signs for it.
   * @throws OrchestratorError `audit_chain_broken` when they are not as they were sealed
   */
  removeOldest(log: ChainedLog, before: Date, at: Date): Promise<RemovedBatch>;
}

/** Where chains ended, remembered outside of the database, so that a cut end is seen. */
export interface SealHeads {
  /** Where that is, for people. */
  readonly place: string;
  read(): Promise<ReadonlyMap<string, SealHead>>;
  write(heads: ReadonlyMap<string, SealHead>): Promise<void>;
}
