import type { ProblemKind } from '@cynodeai/contracts/common';
import { ProblemError } from '@cynodeai/runtime/http';
import { WorkerError, type WorkerErrorCode } from '../../domain/errors.ts';

/** The problem kind of each code; undefined where the fault is the node's own and its words stay in the log. */
const kinds: Readonly<Record<WorkerErrorCode, ProblemKind | undefined>> = {
  validation: 'validation',
  authentication: 'authentication',
  not_found: 'not_found',
  node_policy_refused: 'node_policy_refused',
  job_conflict: 'job_conflict',
  staging_full: 'payload_too_large',
  node_at_capacity: 'node_at_capacity',
  node_not_ready: 'node_not_ready',
  node_shutting_down: 'node_shutting_down',
  inference_unavailable: 'inference_unavailable',
  internal: undefined,
  not_run: 'unavailable',
  memory_short: 'unavailable',
  start_lost: 'unavailable',
  engine_unusable: undefined,
  image_unavailable: undefined,
  workspace_unusable: undefined,
  workspace_lost: undefined,
  container_resists: undefined,
};

/**
 * Turns a node's error into its refusal; undefined means 500 without detail.
 * See docs/reference/worker-api.md#run-results.
 */
export function toProblem(error: unknown): ProblemError | undefined {
  if (!(error instanceof WorkerError)) return undefined;
  const kind = kinds[error.code];
  if (kind === undefined) return undefined;
  const { retryAfterSeconds } = error;
  return new ProblemError(kind, error.message, {
    cause: error,
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  });
}
