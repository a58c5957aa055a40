import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import type { ProcessScope } from '@cynodeai/runtime/lifecycle';
import { systemClock } from '@cynodeai/runtime/std';
import type { Kysely } from 'kysely';
import { postgresOldFolders } from '../adapters/postgres/folders/folders.ts';
import { postgresOldRows } from '../adapters/postgres/retention/old-rows.ts';
import type { Database } from '../adapters/postgres/tables.ts';
import { postgresTransactTasks } from '../adapters/postgres/tasks/transact-tasks.ts';
import { removeOldRows } from '../app/retention/remove-old-rows.ts';
import { type SystemCall, removeOldTasks } from '../app/tasks/prune-tasks.ts';
import type { BlobRemover } from '../ports/blobs-writer.ts';
import { startSweeps } from './sweeps.ts';

const usualEveryMs = 5 * 60_000;

/** Nobody calls: what goes by itself stands in the audit log as if an administrator had pruned. */
const call: SystemCall = {
  requestId: 'retention',
  ip: '',
  entry: gatewayRoutes.pruneTasks,
  elapsedMs: () => 0,
  codeOf: () => Number(Object.keys(gatewayRoutes.pruneTasks.success)[0]),
};

export interface RetentionParts {
  readonly db: Kysely<Database>;
  readonly blobs: BlobRemover;
  /** Pause between looks, ms; 5 min unless told. */
  readonly everyMs: number | undefined;
}

/** Removes now and then what the settings no longer keep. See docs/reference/settings.md#retention. */
export function startRetention(
  { db, blobs, everyMs = usualEveryMs }: RetentionParts,
  scope: ProcessScope,
): void {
  const clock = systemClock;
  const transact = postgresTransactTasks(db);
  const tasks = { transact, blobs, clock, log: scope.log };
  const deps = {
    rows: postgresOldRows(db),
    folders: postgresOldFolders(db),
    removeTasks: (before: Date) => removeOldTasks(tasks, call, before),
    clock,
    stopping: scope.signal,
  };
  const run = (): Promise<number> => removeOldRows(deps);
  startSweeps([{ what: 'what settings no longer keep', everyMs, run }], scope);
}
