import { type TaskEvent, isTerminalTaskStatus } from '@cynodeai/contracts/gateway';
import type { UserActor } from '../../domain/identity/actor.ts';
import type { TaskRecord } from '../../domain/tasks/task-record.ts';
import { apiTaskStatus } from '../../domain/tasks/task-status.ts';
import type { TaskReader, TaskSignals } from '../../ports/tasks.ts';
import { findTask } from './find-task.ts';
import { TaskWatch } from './task-watch.ts';

const rereadMs = 1000;
const batchSize = 500;
/** Both are looked at once per `rereadMs`, so they stay that much below 15 s and a minute. */
const heartbeatMs = 15_000 - rereadMs;
const recheckMs = 60_000 - rereadMs;

export interface TaskEventsDeps {
  readonly tasks: TaskReader;
  readonly signals: TaskSignals;
  /** The caller as they are now; rejects once they may no longer call. */
  readonly recheck: () => Promise<UserActor>;
  /** Milliseconds that never go back; the process clock unless told. */
  readonly elapsed?: () => number;
}

/** What a stream carries: an event, or a sign of life. */
export type TaskStreamItem = TaskEvent | 'heartbeat';

const isLast = (item: TaskEvent): boolean =>
  item.event === 'task.status' && isTerminalTaskStatus(item.data.status);

async function hasEnded(tasks: TaskReader, taskId: string): Promise<boolean> {
  const status = await tasks.status(taskId);
  return status === undefined || isTerminalTaskStatus(apiTaskStatus(status));
}

/**
 * Throws once the caller may no longer read the task; at least once a minute
 * (docs/reference/tasks-and-jobs.md#events).
 */
function rechecker(deps: TaskEventsDeps, task: TaskRecord, elapsed: () => number) {
  let checked = elapsed();
  return async (): Promise<void> => {
    if (elapsed() - checked < recheckMs) return;
    await findTask(deps.tasks, await deps.recheck(), task.id);
    checked = elapsed();
  };
}

/**
 * Events of a task after `after`, as they happen, until its terminal status was sent or the signal
 * fires. See docs/reference/tasks-and-jobs.md#events. Rejects when the caller may no longer read
 * the task.
 */
export async function* streamTaskEvents(
  deps: TaskEventsDeps,
  task: TaskRecord,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<TaskStreamItem, void, undefined> {
  const elapsed = deps.elapsed ?? (() => performance.now());
  const recheck = rechecker(deps, task, elapsed);
  using watch = new TaskWatch(deps.signals, task.id, signal);
  let position = after;
  let spoke = elapsed();
  let ending = false;
  while (!signal.aborted) {
    const events = await deps.tasks.events(task.id, position, batchSize);
    for (const event of events) {
      yield event;
      if (isLast(event)) return;
      position = Number(event.id);
    }
    if (events.length > 0) spoke = elapsed();
    if (events.length === batchSize) continue;
    if (events.length === 0 && ending) return;
    // The terminal event commits with the status: one more read after seeing the status has everything.
    ending = await hasEnded(deps.tasks, task.id);
    if (ending) continue;
    await watch.next(rereadMs);
    await recheck();
    if (elapsed() - spoke >= heartbeatMs) {
      spoke = elapsed();
      yield 'heartbeat';
    }
  }
}
