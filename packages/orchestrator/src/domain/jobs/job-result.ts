import type { JobResult } from '@cynodeai/contracts/gateway';
import { storableText, truncateUtf8 } from '@cynodeai/runtime/std';

/** Why a call of a model gave no answer. See docs/reference/inference.md#prompts. */
export type PromptErrorType =
  /** No connection, or it was lost before the answer was whole. */
  | 'model_unreachable'
  | 'model_timeout'
  /** The service answered with an error. */
  | 'model_refused'
  /** The answer is not one, or was cut. */
  | 'model_answer_invalid'
  | 'model_answer_empty'
  /** The input is longer than the model can hold. */
  | 'model_input_too_long';

/** Why the orchestrator ended a job that has no answer of a node. */
export type JobErrorType =
  | PromptErrorType
  | 'invalid_request'
  | 'payload_too_large'
  | 'node_policy_refused'
  /** Its node said again and again that it cannot start it. */
  | 'node_unable'
  | 'worker_error'
  | 'input_unavailable'
  | 'result_not_storable'
  /** The lease ran out, or the run was lost, as often as the job may be started. */
  | 'attempts_exhausted'
  /** Nodes ended while they ran it, again and again. */
  | 'node_died';

/** Longest stored reason, bytes of UTF-8. */
const messageBytes = 4096;

/**
 * `jobs.result` of a job that failed on the orchestrator's side.
 * See docs/reference/tasks-and-jobs.md#results.
 */
export function failureResult(errorType: JobErrorType, message: string): JobResult {
  const text = truncateUtf8(storableText(message), messageBytes).text;
  return { status: 'failed', error_type: errorType, error_message: text, stdout: '', stderr: text };
}

/**
 * A JSON value whose every text, keys included, fits `jsonb`.
 * See docs/reference/database.md#conventions.
 */
export function storableJson(value: unknown): unknown {
  if (typeof value === 'string') return storableText(value);
  if (Array.isArray(value)) return value.map(storableJson);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [storableText(key), storableJson(item)]),
  );
}
