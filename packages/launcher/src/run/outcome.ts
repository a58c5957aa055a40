import { type TaskEndKind, taskEndOf } from '@cynodeai/api-client/task-end';
import type { BinaryStreams, StreamTails } from '@cynodeai/contracts/common';
import type { JobResult, TaskResult } from '@cynodeai/contracts/gateway';
import { demoModelRef, canonicalModel } from '@cynodeai/contracts/model';
import { at } from '@cynodeai/runtime/std';

export interface Outcome {
  readonly kind: TaskEndKind;
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What went wrong; undefined where the job ended by itself. */
  readonly message?: string;
  /** Which model answered, when one did. */
  readonly model?: string;
  /** That model is the rule-based stand-in. */
  readonly demo?: boolean;
  /** Why the model ended; `length` and `timeout` leave the answer incomplete. */
  readonly finishReason?: string;
  readonly truncated: { readonly stdout: boolean; readonly stderr: boolean };
  /** The ends of streams that were cut. */
  readonly tail?: StreamTails;
  /** The bytes of streams that are no text. */
  readonly binary?: BinaryStreams;
  /** Where the job wrote secrets it was given, which are masked there. */
  readonly masked?: readonly string[];
}

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

function maskedOf(result: JobResult | undefined): Pick<Outcome, 'masked'> {
  const masked = at(result, 'masked');
  return Array.isArray(masked) && masked.length > 0 ? { masked: masked.map(String) } : {};
}

/** What a result means for `cynode run`, and what there is to show. See docs/reference/cli.md#exit-codes. */
export function outcomeOf(result: TaskResult): Outcome {
  const answer = result.jobs.at(-1)?.result;
  const { kind, exitCode, message, error } = taskEndOf(result);
  const hint = kind === 'timeout' ? '; give it longer with --timeout, up to 3h' : '';
  const stderr = result.stderr ?? '';
  return {
    ...inferenceOf(answer),
    stdout: result.stdout ?? '',
    ...maskedOf(answer),
    // The orchestrator repeats its message as the job's stderr; it is shown once.
    stderr: stderr === error ? '' : stderr,
    truncated: truncatedOf(answer),
    ...(result.tail && { tail: result.tail }),
    ...(result.binary && { binary: result.binary }),
    kind,
    exitCode,
    ...(message !== undefined && { message: `${message}${hint}` }),
  };
}
