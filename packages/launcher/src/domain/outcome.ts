import type { JobResult, TaskResult } from '@cynodeai/contracts/gateway';
import { demoModelRef, canonicalModel } from '@cynodeai/contracts/model';
import { at } from '@cynodeai/runtime/std';
import { exitCodes } from './exit-codes.ts';

/** How a task went, told apart where exit codes alone cannot. */
export type OutcomeKind =
  /** The sandbox ran and ended by itself. */
  | 'finished'
  /** The job's time was up. */
  | 'timeout'
  /** The job did not run, or its result was lost. */
  | 'fault'
  /** The task was cancelled. */
  | 'interrupted';

export interface Outcome {
  readonly kind: OutcomeKind;
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What went wrong, for `timeout`, `fault` and `interrupted`. */
  readonly message?: string;
  /** Which model answered, when one did. */
  readonly model?: string;
  /** That model is the rule-based stand-in. */
  readonly demo?: boolean;
  /** Why the model ended; `length` and `timeout` leave the answer incomplete. */
  readonly finishReason?: string;
  readonly truncated: { readonly stdout: boolean; readonly stderr: boolean };
}

/** Exit codes are a byte; what does not fit is shown as a failure. */
const asExitCode = (code: number): number => (code >= 0 && code <= 255 ? code : 1);

function truncatedOf(result: JobResult | undefined): Outcome['truncated'] {
  return result !== undefined && 'truncated' in result && isFlags(result.truncated)
    ? result.truncated
    : { stdout: false, stderr: false };
}

function isFlags(value: unknown): value is Outcome['truncated'] {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof Reflect.get(value, 'stdout') === 'boolean' &&
    typeof Reflect.get(value, 'stderr') === 'boolean'
  );
}

function errorOf(result: JobResult | undefined): string | undefined {
  if (result === undefined || !('error_message' in result)) return undefined;
  return typeof result.error_message === 'string' ? result.error_message : undefined;
}

/**
 * What is known of the model that answered, from a job that asked one.
 * See docs/reference/tasks-and-jobs.md#results.
 */
function inferenceOf(
  result: JobResult | undefined,
): Pick<Outcome, 'model' | 'demo' | 'finishReason'> {
  const model = at(result, 'inference', 'model');
  const finishReason = at(result, 'inference', 'finish_reason');
  if (typeof model !== 'string') return {};
  const canonical = canonicalModel(model);
  return {
    model: canonical,
    demo: canonical === demoModelRef,
    ...(typeof finishReason === 'string' && { finishReason }),
  };
}

/**
 * What a terminal result means for the command line. The job's own exit code when it ran; 124 for a timeout, 125 when
 * it did not run, 130 for a cancelled task. Architecture section 7.
 */
export function outcomeOf(result: TaskResult): Outcome {
  const job = result.jobs.at(-1);
  const answer = job?.result;
  const streams = {
    ...inferenceOf(answer),
    stdout: result.stdout ?? '',
    stderr: result.stderr ?? '',
    truncated: truncatedOf(answer),
  };
  if (result.status === 'canceled') {
    return {
      ...streams,
      kind: 'interrupted',
      exitCode: exitCodes.interrupted,
      message: 'the task was canceled',
    };
  }
  if (answer?.status === 'timeout') {
    return {
      ...streams,
      kind: 'timeout',
      exitCode: exitCodes.timeout,
      message: 'the job ran out of time and was stopped; give it longer with --timeout, up to 3h',
    };
  }
  const error = errorOf(answer);
  if (error === undefined && result.exit_code !== undefined) {
    return { ...streams, kind: 'finished', exitCode: asExitCode(result.exit_code) };
  }
  return {
    ...streams,
    // The orchestrator repeats its message as the job's stderr; it is shown once.
    stderr: streams.stderr === error ? '' : streams.stderr,
    kind: 'fault',
    exitCode: exitCodes.fault,
    message: error ?? result.summary ?? 'the task ended without a result',
  };
}
