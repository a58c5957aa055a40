import type { TaskEvent, TaskEventName } from '@cynodeai/contracts/gateway';
import type { LogPiece } from './end-events.ts';
import type { Expiry } from './attempts.ts';

/** An event that has no number yet. */
export type NewTaskEvent = {
  [N in TaskEventName]: Pick<Extract<TaskEvent, { readonly event: N }>, 'event' | 'data'>;
}[TaskEventName];

/** A job of a task. */
export interface JobOfTask {
  readonly taskId: string;
  readonly jobId: string;
}

type JobStatus = Extract<NewTaskEvent, { readonly event: 'job.status' }>['data']['status'];
type TaskStatus = Extract<NewTaskEvent, { readonly event: 'task.status' }>['data']['status'];

function ofJob({ taskId, jobId }: JobOfTask, status: JobStatus, at: Date): NewTaskEvent {
  const data = { task_id: taskId, job_id: jobId, status, at: at.toISOString() };
  return { event: 'job.status', data };
}

function ofTask(taskId: string, status: TaskStatus, at: Date): NewTaskEvent {
  return { event: 'task.status', data: { task_id: taskId, status, at: at.toISOString() } };
}

/** Jobs are claimed: each runs, and so does its task, which is said once and before its jobs. */
export function startEvents(jobs: readonly JobOfTask[], at: Date): NewTaskEvent[] {
  const tasks = new Set(jobs.map(({ taskId }) => taskId));
  return jobs.flatMap((job) => {
    const event = ofJob(job, 'running', at);
    return tasks.delete(job.taskId) ? [ofTask(job.taskId, 'running', at), event] : [event];
  });
}

/** Jobs wait in the queue, for the first time or again. */
export function queuedEvents(jobs: readonly JobOfTask[], at: Date): NewTaskEvent[] {
  return jobs.map((job) => ofJob(job, 'queued', at));
}

/** A job went on under another lease at once: the steps of an expiry, although the row never rested in them. */
export function moveEvents(job: JobOfTask, at: Date): NewTaskEvent[] {
  return (['lease_expired', 'queued', 'running'] as const).map((status) => ofJob(job, status, at));
}

/** A lease is over: both steps are told, then the end of the task when it ended with the job. */
export function expiryEvents(
  job: JobOfTask & { readonly expiry: Expiry },
  endedTasks: ReadonlySet<string>,
  at: Date,
): NewTaskEvent[] {
  const next = job.expiry.kind === 'requeue' ? 'queued' : 'failed';
  const events = [ofJob(job, 'lease_expired', at), ofJob(job, next, at)];
  return endedTasks.has(job.taskId) ? [...events, ofTask(job.taskId, 'failed', at)] : events;
}

/** What a job said. */
export function logEvents(
  { taskId, jobId }: JobOfTask,
  pieces: readonly LogPiece[],
): NewTaskEvent[] {
  return pieces.map((piece) => ({
    event: 'job.log',
    data: { task_id: taskId, job_id: jobId, ...piece },
  }));
}

/** A job ended: its logs, its status, and its task's when that ended with it. */
export function endEvents(
  job: JobOfTask & {
    readonly status: 'completed' | 'failed';
    readonly logs: readonly LogPiece[];
  },
  endedTasks: ReadonlySet<string>,
  at: Date,
): NewTaskEvent[] {
  const { taskId, status, logs } = job;
  return [
    ...logEvents(job, logs),
    ofJob(job, status, at),
    ...(endedTasks.has(taskId) ? [ofTask(taskId, status, at)] : []),
  ];
}
