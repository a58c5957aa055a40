import type { ProblemKind } from '@cynodeai/contracts/common';
import { ProblemError } from '@cynodeai/runtime/http';
import { OrchestratorError, type OrchestratorErrorCode } from '../../domain/errors.ts';

/** The one mapping of this package's errors to the wire; `internal` marks a fault of ours. Contract 01 section 13. */
const kinds: Readonly<Record<OrchestratorErrorCode, ProblemKind>> = {
  node_psk_wrong: 'authentication',
  node_token_invalid: 'authentication',
  node_unknown: 'not_found',
  node_slug_mismatch: 'validation',
  worker_url_invalid: 'validation',
  node_config_unavailable: 'not_found',
  config_version_unknown: 'conflict',
  result_not_storable: 'internal',
  admin_password_missing: 'internal',
  credentials_invalid: 'authentication',
  session_invalid: 'authentication',
  rate_limited: 'rate_limit',
  input_invalid: 'validation',
  input_too_large: 'payload_too_large',
  forbidden: 'authorization',
  task_unknown: 'not_found',
  project_unknown: 'not_found',
  project_disabled: 'conflict',
  task_closed: 'conflict',
  idempotency_conflict: 'conflict',
};

/** The refusal for an error of this package; undefined for anything else. For `mapError` of a server. */
export function problemOf(error: unknown): ProblemError | undefined {
  if (!(error instanceof OrchestratorError)) return undefined;
  const kind = kinds[error.code];
  if (kind === 'internal') return undefined;
  const { field, retryAfterSeconds } = error.detail;
  return new ProblemError(kind, error.message, {
    cause: error,
    ...(field !== undefined && { errors: [{ field, message: error.message }] }),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  });
}
