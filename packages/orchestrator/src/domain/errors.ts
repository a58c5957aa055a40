import { CodedError } from '@cynodeai/runtime/std';

/** Every way the orchestrator refuses work or cannot do it. Callers branch on the code, never on the text. */
export type OrchestratorErrorCode =
  /** The pre-shared key of a registration is wrong. */
  | 'node_psk_wrong'
  /** A node's JWT is missing, expired, of another type, or older than the node's epoch. */
  | 'node_token_invalid'
  /** The node a JWT names is not registered. */
  | 'node_unknown'
  /** A payload names another node than the caller's token. */
  | 'node_slug_mismatch'
  /** A Worker API URL is not one the orchestrator may dial. */
  | 'worker_url_invalid'
  /** The node has no Worker API URL yet, so there is no configuration to give it. */
  | 'node_config_unavailable'
  /** An acknowledgement names a configuration version this node was never given. */
  | 'config_version_unknown'
  /** A secret at rest cannot be opened with the configured key. */
  | 'secret_unreadable'
  /** An administrator must be created and no password was given. */
  | 'admin_password_missing';

export interface OrchestratorErrorDetail {
  /** Dotted path of the request field at fault. */
  readonly field?: string;
  /** When the caller may try again, seconds. */
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

/** An error of this package, made without knowledge of HTTP; `adapters/http/problems.ts` chooses the status. */
export class OrchestratorError extends CodedError<OrchestratorErrorCode> {
  readonly detail: OrchestratorErrorDetail;

  /** @param message one sentence for the caller that says what to do; no secret, no internals. */
  constructor(code: OrchestratorErrorCode, message: string, detail: OrchestratorErrorDetail = {}) {
    super(code, message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.detail = detail;
  }
}
