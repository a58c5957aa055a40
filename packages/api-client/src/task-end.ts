import type { TaskStatus } from '@cynodeai/contracts/gateway';
import { at } from '@cynodeai/runtime/std';

/** How a task went, told apart where exit codes alone cannot. */
export type TaskEndKind =
  /** The sandbox ran and ended by itself. */
  | 'finished'
  /** The job's time was up. */
  | 'timeout'
  /** The job did not run, or its result was lost. */
  | 'fault'
  /** The task was canceled, or another took its place. */
  | 'interrupted'
  /** It has not ended. */
  | 'going';

/**
 * Exit codes that are not a job's own: those of `timeout` and `env`, of a shell after Ctrl-C, and of sysexits for what
 * may be asked again later. See docs/reference/cli.md#exit-codes.
 */
export const taskExitCodes = { timeout: 124, fault: 125, interrupted: 130, going: 75 } as const;

export interface TaskEnd {
  readonly kind: TaskEndKind;
  /** 0 to 255. */
  readonly exitCode: number;
  /** What went wrong, in one sentence; undefined where the job ended by itself. */
  readonly message?: string;
  /** That sentence as the job's result has it. */
  readonly error?: string;
}

/** What of a result says how a task ended. */
export interface EndedTask {
  readonly status: TaskStatus;
  readonly exit_code?: number | null | undefined;
  readonly summary?: string | null | undefined;
  readonly jobs: readonly { readonly result?: unknown }[];
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

const ended = (kind: Exclude<TaskEndKind, 'finished'>, message: string): TaskEnd => ({
  kind,
  exitCode: taskExitCodes[kind],
  message,
});

/** The exit code of the last job, where it ran. */
export function exitCodeOfJob({ exit_code, jobs }: EndedTask): number | undefined {
  const code = exit_code ?? at(jobs.at(-1)?.result, 'exit_code');
  return typeof code === 'number' ? code : undefined;
}

/** A byte; what does not fit, or speaks against the task's own state, is a plain failure. */
function asExitCode(code: number | undefined, status: TaskStatus): number {
  if (code === undefined || code === 0) return status === 'completed' ? 0 : 1;
  return code > 0 && code <= 255 ? code : 1;
}

/** What a task's result means for a command line. See docs/reference/cli.md#exit-codes. */
export function taskEndOf(task: EndedTask): TaskEnd {
  const { status, jobs, summary } = task;
  switch (status) {
    case 'queued':
    case 'running':
      return ended('going', 'the task has not ended');
    case 'canceled':
      return ended('interrupted', 'the task was canceled');
    case 'superseded':
      return ended('interrupted', 'another task took the place of this one');
    case 'completed':
    case 'failed':
  }
  const answer = jobs.at(-1)?.result;
  if (at(answer, 'status') === 'timeout') {
    return ended('timeout', 'the job ran out of time and was stopped');
  }
  const error = textOf(at(answer, 'error_message'));
  const code = exitCodeOfJob(task);
  if (status === 'failed' && (error !== undefined || code === undefined)) {
    const message = error ?? textOf(summary) ?? 'the task ended without a result';
    return { ...ended('fault', message), ...(error !== undefined && { error }) };
  }
  return { kind: 'finished', exitCode: asExitCode(code, status) };
}
