import type { TaskReader } from '../../../ports/tasks.ts';
import type { Executor } from '../database.ts';
import { readTaskEvents, resumeAfter } from '../task-events.ts';
import { findTask, taskStatus } from './find-task.ts';
import { listJobs } from './list-jobs.ts';
import { listTasks } from './list-tasks.ts';

/** Tasks in PostgreSQL, read. */
export function postgresTaskReader(db: Executor): TaskReader {
  return {
    find: (reference) => findTask(db, reference),
    list: (query) => listTasks(db, query),
    jobs: (taskId) => listJobs(db, taskId),
    status: (taskId) => taskStatus(db, taskId),
    events: (taskId, after, limit) => readTaskEvents(db, taskId, after, limit),
    resumeAfter: (taskId, lastEventId) => resumeAfter(db, taskId, lastEventId),
  };
}
