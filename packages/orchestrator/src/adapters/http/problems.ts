import type { ProblemKind } from '@cynodeai/contracts/common';
import { ProblemError } from '@cynodeai/runtime/http';
import { OrchestratorError, type OrchestratorErrorCode } from '../../domain/errors.ts';

/**
 * The one mapping of this package's errors to the wire; `internal` marks a fault of ours.
 * See docs/reference/http.md#problems.
 */
const kinds: Readonly<Record<OrchestratorErrorCode, ProblemKind>> = {
  node_psk_wrong: 'authentication',
  join_token_refused: 'authentication',
  node_identity_refused: 'authorization',
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
  folder_unknown: 'not_found',
  artifact_unknown: 'not_found',
  audit_event_unknown: 'not_found',
  project_unknown: 'not_found',
  project_disabled: 'conflict',
  task_closed: 'conflict',
  task_open: 'conflict',
  input_gone: 'conflict',
  user_unknown: 'not_found',
  handle_taken: 'conflict',
  email_taken: 'conflict',
  user_reserved: 'conflict',
  last_owner: 'conflict',
  binding_unknown: 'not_found',
  grant_target_unknown: 'not_found',
  bootstrap_invalid: 'internal',
  secret_unknown: 'not_found',
  secrets_full: 'conflict',
  secrets_not_ready: 'conflict',
  workspace_unknown: 'not_found',
  workspace_in_use: 'conflict',
  workspaces_full: 'conflict',
  setting_unknown: 'not_found',
  version_conflict: 'conflict',
  agent_token_invalid: 'authentication',
  storage_full: 'insufficient_storage',
  lease_held: 'lease_held',
  lease_lost: 'lease_lost',
  lease_mismatch: 'lease_mismatch',
  workflow_closed: 'task_closed',
  no_checkpoint: 'no_checkpoint',
  runner_token_wrong: 'authentication',
  audit_chain_broken: 'internal',
  routing_refused: 'routing_refused',
  no_inference_path: 'no_inference_path',
  model_timeout: 'timeout',
  model_failed: 'upstream',
  model_call_ended: 'unavailable',
  idempotency_conflict: 'conflict',
};

/** SQLSTATE classes of a server that is away, starting, stopping or out of connections. */
const serverFault = /^(?:08|53|57P0)/;
const socketFaults = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH']);
const driverFaults =
  /^(?:Connection terminated|timeout exceeded when trying to connect|Client has)/;

function field(error: object, name: string): unknown {
  return Reflect.get(error, name);
}

/** True when the database cannot be reached now; waiting helps, and it is no defect of the request's code. */
function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = field(error, 'code');
  if (typeof code !== 'string') return driverFaults.test(error.message);
  const noSocket = code === 'ENOENT' && field(error, 'syscall') === 'connect';
  return noSocket || serverFault.test(code) || socketFaults.has(code);
}

/** The refusal for an error of this package or an absent database; undefined for anything else. For `mapError` of a server. */
export function problemOf(error: unknown): ProblemError | undefined {
  if (isDatabaseAway(error)) {
    return new ProblemError('unavailable', 'the database is unavailable; try again soon', {
      retryAfterSeconds: 5,
      cause: error,
    });
  }
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
