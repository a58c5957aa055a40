import type { TaskStatus } from '@cynodeai/contracts/gateway';

/**
 * `tasks.status` as it is stored; the API calls `pending` `queued`.
 * See docs/reference/tasks-and-jobs.md#task-states.
 */
export type StoredTaskStatus = 'pending' | Exclude<TaskStatus, 'queued'>;

/** The status a client sees. */
export function apiTaskStatus(stored: StoredTaskStatus): TaskStatus {
  return stored === 'pending' ? 'queued' : stored;
}

/** The status as it is stored. */
export function storedTaskStatus(shown: TaskStatus): StoredTaskStatus {
  return shown === 'queued' ? 'pending' : shown;
}
