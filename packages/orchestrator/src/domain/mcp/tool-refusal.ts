import type { ToolError, ToolErrorType } from '@cynodeai/contracts/mcp';
import { CodedError } from '@cynodeai/runtime/std';
import { OrchestratorError, type OrchestratorErrorCode } from '../errors.ts';

/** A call that was refused or failed, as its caller is told. See docs/reference/mcp.md#errors. */
export class ToolRefusal extends CodedError<ToolErrorType> {
  readonly details: Readonly<Record<string, unknown>> | undefined;

  /** @param message one sentence that says what to do; no secret, no internals, nothing of another task */
  constructor(
    type: ToolErrorType,
    message: string,
    options: {
      readonly details?: Readonly<Record<string, unknown>> | undefined;
      readonly cause?: unknown;
    } = {},
  ) {
    super(type, message, options.cause === undefined ? undefined : { cause: options.cause });
    this.details = options.details;
  }
}

/** What agents are told of what use cases refuse; every other code is a fault of ours. */
const types: Partial<Readonly<Record<OrchestratorErrorCode, ToolErrorType>>> = {
  input_invalid: 'invalid_arguments',
  input_too_large: 'invalid_arguments',
  forbidden: 'policy_denied',
  task_unknown: 'not_found',
  artifact_unknown: 'not_found',
  project_unknown: 'not_found',
  node_unknown: 'not_found',
  setting_unknown: 'not_found',
  project_disabled: 'conflict',
  task_closed: 'conflict',
  task_open: 'conflict',
  version_conflict: 'conflict',
  storage_full: 'quota_exceeded',
};

/** The refusal for whatever a tool threw. */
export function refusalOf(error: unknown): ToolRefusal {
  if (error instanceof ToolRefusal) return error;
  const type = error instanceof OrchestratorError ? types[error.code] : undefined;
  if (error instanceof OrchestratorError && type !== undefined) {
    const { field } = error.detail;
    const details = field === undefined ? undefined : { field };
    return new ToolRefusal(type, error.message, { details, cause: error });
  }
  return new ToolRefusal('internal', 'the tool failed; the operator finds it in the log', {
    cause: error,
  });
}

/** The error on the wire. */
export function errorOf({ code, message, details }: ToolRefusal): ToolError {
  return { type: code, message, ...(details && { details: { ...details } }) };
}
