import { CodedError } from '@cynodeai/runtime/std';

/** Every way the orchestrator refuses work or cannot do it. Callers branch on the code, never on the text. */
export type OrchestratorErrorCode =
  /** The pre-shared key of a registration is wrong. */
  | 'node_psk_wrong'
  /** A join token is unknown, used up or expired. */
  | 'join_token_refused'
  /** The slug of a registration is another node's, or its proof of identity is not good. */
  | 'node_identity_refused'
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
  /** The database refuses a job's result for its values. */
  | 'result_not_storable'
  /** An administrator must be created and no password was given. */
  | 'admin_password_missing'
  /** Handle and password do not name an active user; one code for every cause. */
  | 'credentials_invalid'
  /** An access or refresh token is missing, malformed, expired, revoked or replayed. */
  | 'session_invalid'
  /** Too many attempts; `retryAfterSeconds` says when to come back. */
  | 'rate_limited'
  /** A request breaks a rule that its schema cannot state. */
  | 'input_invalid'
  /** A text, a file or their sum is larger than allowed. */
  | 'input_too_large'
  /** The caller may see the thing but not do this with it. */
  | 'forbidden'
  /** No such task, or none the caller may see. */
  | 'task_unknown'
  /** The caller sent no such folder, or it is gone. */
  | 'folder_unknown'
  /** No audit log has such a row. */
  | 'audit_event_unknown'
  /** The task has no such file. */
  | 'artifact_unknown'
  /** No such project, or none the caller may see. */
  | 'project_unknown'
  /** The project takes no new work. */
  | 'project_disabled'
  /** The task has ended in a state that cannot be left. */
  | 'task_closed'
  /** What a task was made of is not stored any more, or not for this caller. */
  | 'input_gone'
  /** The task goes on, or a node may still work on it. */
  | 'task_open'
  /** No such user. */
  | 'user_unknown'
  /** Another user has that handle. */
  | 'handle_taken'
  /** Another user has that email address. */
  | 'email_taken'
  /** The reserved user `system` stays as it is. */
  | 'user_reserved'
  /** The change would leave the install without an active owner. */
  | 'last_owner'
  /** No such grant of a role. */
  | 'binding_unknown'
  /** The user, group, project or role of a grant does not exist. */
  | 'grant_target_unknown'
  /** The bootstrap file cannot be read or breaks a rule; nothing of it is imported. */
  | 'bootstrap_invalid'
  /** The caller has no such secret. */
  | 'secret_unknown'
  /** The caller has as many secrets as one may have. */
  | 'secrets_full'
  /** No control plane has told its public key yet. */
  | 'secrets_not_ready'
  /** The caller has no such workspace. */
  | 'workspace_unknown'
  /** A task waits for the workspace or runs in it. */
  | 'workspace_in_use'
  /** The caller has as many workspaces as one may have. */
  | 'workspaces_full'
  /** No such system setting. */
  | 'setting_unknown'
  /** A change was meant for another version of what it changes. */
  | 'version_conflict'
  /** The token of an agent is missing, unknown, expired, revoked or of another audience. */
  | 'agent_token_invalid'
  /** A chain over an audit log is not as it was left, or rows it speaks of are not. */
  | 'audit_chain_broken'
  /** The disk is nearly full, so that nothing new is begun. */
  | 'storage_full'
  /** Another holder has the lease of a workflow. */
  | 'lease_held'
  /** The lease of a workflow is over, or another's by now. */
  | 'lease_lost'
  /** A lease to be released is not the task's last. */
  | 'lease_mismatch'
  /** The task of a workflow has ended. */
  | 'workflow_closed'
  /** A workflow begins at its first node. */
  | 'no_checkpoint'
  /** The token of what runs workflows is missing or wrong. */
  | 'runner_token_wrong'
  /** A call of a model breaks a rule about where it may go. */
  | 'routing_refused'
  /** No model can be asked now; `retryAfterSeconds` says when to come back. */
  | 'no_inference_path'
  /** A model did not answer in time. */
  | 'model_timeout'
  /** A model, or its service, failed. */
  | 'model_failed'
  /** This process ends, or the caller left, before the model answered. */
  | 'model_call_ended'
  /** An idempotency key was used for another body, or its first call still runs. */
  | 'idempotency_conflict';

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
