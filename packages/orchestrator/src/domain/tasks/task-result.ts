import type { BinaryStreams, StreamBytes } from '@cynodeai/contracts/common';
import {
  type JobResult,
  type LogStream,
  type TaskLogs,
  type TaskResult,
  isTerminalTaskStatus,
  jobResultSchema,
} from '@cynodeai/contracts/gateway';
import { at } from '@cynodeai/runtime/std';
import { binaryOf, tailsOf } from '../jobs/stream-tails.ts';
import type { JobRecord, TaskRecord } from './task-record.ts';
import { apiTaskStatus } from './task-status.ts';

/** The stored outcome without the fencing token; undefined when it is none a client could read. */
function shownResult(job: JobRecord): JobResult | undefined {
  if (job.result === undefined) return undefined;
  const { lease_id: _lease, ...rest } = job.result;
  const parsed = jobResultSchema.safeParse(rest);
  return parsed.success ? parsed.data : undefined;
}

const joined = (results: readonly JobResult[], stream: 'stdout' | 'stderr'): string =>
  results.map((result) => result[stream]).join('');

function numberField(result: JobResult | undefined, field: string): number | undefined {
  const value = at(result, field);
  return typeof value === 'number' ? value : undefined;
}

function wasCut(results: readonly JobResult[], stream: 'stdout' | 'stderr'): boolean {
  return results.some((result) => {
    const cut = result['truncated'];
    return typeof cut === 'object' && cut !== null && Reflect.get(cut, stream) === true;
  });
}

/** The ends of cut streams: of the last job that has any. */
function lastTails(results: readonly JobResult[]): Pick<TaskLogs, 'tail'> {
  const tail = results.map(tailsOf).findLast((tails) => tails !== undefined);
  return tail === undefined ? {} : { tail };
}

/** A stream of all jobs, byte for byte; undefined where it is text. */
function joinedBytes(
  results: readonly JobResult[],
  stream: 'stdout' | 'stderr',
): StreamBytes | undefined {
  const kept = results.map((result) => binaryOf(result)?.[stream]);
  if (kept.every((bytes) => bytes === undefined)) return undefined;
  const heads = results.map((result, index) => {
    const head = kept[index]?.head;
    return head === undefined ? Buffer.from(result[stream]) : Buffer.from(head, 'base64');
  });
  const tail = kept.findLast((bytes) => bytes !== undefined)?.tail;
  return { head: Buffer.concat(heads).toString('base64'), ...(tail && { tail }) };
}

/** The bytes of those of the wanted streams that are no text. */
function shownBinary(
  results: readonly JobResult[],
  stream: LogStream,
): { readonly binary?: BinaryStreams } {
  const stdout = stream === 'stderr' ? undefined : joinedBytes(results, 'stdout');
  const stderr = stream === 'stdout' ? undefined : joinedBytes(results, 'stderr');
  if (stdout === undefined && stderr === undefined) return {};
  return { binary: { ...(stdout && { stdout }), ...(stderr && { stderr }) } };
}

function jobView(job: JobRecord): TaskResult['jobs'][number] {
  const result = shownResult(job);
  return {
    id: job.id,
    status: job.status,
    ...(result !== undefined && { result }),
    ...(job.startedAt !== undefined && { started_at: job.startedAt.toISOString() }),
    ...(job.endedAt !== undefined && { ended_at: job.endedAt.toISOString() }),
  };
}

/** What counts as output: a job that never ran and was followed by another says only why that one was needed. */
function shownOutput(results: readonly JobResult[]): readonly JobResult[] {
  return results.filter((result, index) => {
    const isLast = index === results.length - 1;
    return isLast || !('error_type' in result);
  });
}

/**
 * Jobs and, once the task is terminal, their streams in creation order and the last job's exit
 * code. See docs/reference/tasks-and-jobs.md#results.
 */
export function taskResultView(task: TaskRecord, jobs: readonly JobRecord[]): TaskResult {
  const status = apiTaskStatus(task.status);
  const views = jobs.map(jobView);
  const results = shownOutput(views.flatMap((view) => view.result ?? []));
  const exitCode = numberField(views.at(-1)?.result, 'exit_code');
  return {
    task_id: task.id,
    task_name: task.name,
    status,
    ...(task.summary !== undefined && { summary: task.summary }),
    jobs: views,
    ...(isTerminalTaskStatus(status) && {
      stdout: joined(results, 'stdout'),
      stderr: joined(results, 'stderr'),
      ...lastTails(results),
      ...shownBinary(results, 'all'),
      ...(exitCode !== undefined && { exit_code: exitCode }),
    }),
  };
}

function shownTails({ tail }: Pick<TaskLogs, 'tail'>, stream: LogStream): Pick<TaskLogs, 'tail'> {
  const { stdout, stderr } = tail ?? {};
  const shown = {
    ...(stream !== 'stderr' && stdout && { stdout }),
    ...(stream !== 'stdout' && stderr && { stderr }),
  };
  return Object.keys(shown).length === 0 ? {} : { tail: shown };
}

/** The streams as far as they are stored. See docs/reference/tasks-and-jobs.md#results. */
export function taskLogsView(
  task: TaskRecord,
  jobs: readonly JobRecord[],
  stream: LogStream,
): TaskLogs {
  const results = shownOutput(jobs.flatMap((job) => shownResult(job) ?? []));
  return {
    task_id: task.id,
    task_name: task.name,
    status: apiTaskStatus(task.status),
    stream,
    ...(stream !== 'stderr' && { stdout: joined(results, 'stdout') }),
    ...(stream !== 'stdout' && { stderr: joined(results, 'stderr') }),
    truncated: { stdout: wasCut(results, 'stdout'), stderr: wasCut(results, 'stderr') },
    ...shownTails(lastTails(results), stream),
    ...shownBinary(results, stream),
  };
}
