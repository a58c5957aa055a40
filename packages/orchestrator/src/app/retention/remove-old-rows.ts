import { type Clock, messageOf } from '@cynodeai/runtime/std';
import { cutoffsAt, retentionKeys } from '../../domain/retention/cutoffs.ts';
import type { OldFolders } from '../../ports/folders.ts';
import type { OldRows, RemovedBatch } from '../../ports/retention.ts';

export interface RemoveOldRowsDeps {
  readonly rows: OldRows;
  /** Removes a batch of tasks that ended before that. */
  readonly removeTasks: (before: Date) => Promise<RemovedBatch>;
  readonly folders: OldFolders;
  readonly clock: Clock;
  /** Fires when the process stops: what is left waits for the next turn. */
  readonly stopping: AbortSignal;
}

type RemoveBatch = () => Promise<RemovedBatch>;

/** What is to be removed now. */
async function workOf(deps: RemoveOldRowsDeps): Promise<readonly RemoveBatch[]> {
  const { rows, folders: oldFolders } = deps;
  const stored = await rows.settings(Object.values(retentionKeys));
  const { audit, events, tasks, folders } = cutoffsAt(deps.clock.now(), stored);
  return [
    ...(audit === undefined ? [] : rows.auditLogs.map((log) => () => rows.removeAudit(log, audit))),
    ...(events === undefined ? [] : [() => rows.removeEvents(events)]),
    ...(tasks === undefined ? [] : [() => deps.removeTasks(tasks)]),
    ...(folders === undefined ? [] : [() => oldFolders.removeUnused(folders)]),
  ];
}

/**
 * Removes what the settings no longer keep, batch by batch, and says how many rows and tasks went. One log that cannot
 * be worked on now holds up no other. See docs/reference/settings.md#retention.
 */
export async function removeOldRows(deps: RemoveOldRowsDeps): Promise<number> {
  const faults: unknown[] = [];
  let total = 0;
  for (const removeBatch of await workOf(deps)) {
    try {
      for (let more = true; more && !deps.stopping.aborted;) {
        const batch = await removeBatch();
        total += batch.removed;
        ({ more } = batch);
      }
    } catch (error) {
      faults.push(error);
    }
  }
  if (faults.length > 0) throw new AggregateError(faults, faults.map(messageOf).join('; '));
  return total;
}
