import type { Settings } from '../domain/nodes/config-settings.ts';

/** One step of removing old rows, short enough that nobody waits for it. */
export interface RemovedBatch {
  readonly removed: number;
  /** False when nothing was left that this process may remove. */
  readonly more: boolean;
}

/** Old rows, removed in small batches; several processes may do so side by side. */
export interface OldRows {
  settings(keys: readonly string[]): Promise<Settings>;
  /** Every log of what was done and refused. */
  readonly auditLogs: readonly string[];
  removeAudit(log: string, before: Date): Promise<RemovedBatch>;
  /** Events of tasks that ended before that. */
  removeEvents(before: Date): Promise<RemovedBatch>;
}
