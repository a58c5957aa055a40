/**
 * Every problem kind and its one HTTP status; the wire type is `urn:cynodeai:error:<kind>`. Clients
 * decide by status and treat an unknown kind like its status. See docs/reference/http.md#problems.
 */
export const problemStatus = {
  validation: 400,
  unsupported_payload_version: 400,
  authentication: 401,
  authorization: 403,
  node_policy_refused: 403,
  routing_refused: 403,
  not_found: 404,
  no_checkpoint: 404,
  method_not_allowed: 405,
  conflict: 409,
  job_conflict: 409,
  lease_held: 409,
  lease_lost: 409,
  lease_mismatch: 409,
  task_closed: 409,
  payload_too_large: 413,
  unsupported_media_type: 415,
  unprocessable: 422,
  rate_limit: 429,
  node_at_capacity: 429,
  internal: 500,
  upstream: 502,
  unavailable: 503,
  not_ready: 503,
  node_not_ready: 503,
  node_shutting_down: 503,
  inference_unavailable: 503,
  no_inference_path: 503,
  timeout: 504,
  insufficient_storage: 507,
} as const;

export type ProblemKind = keyof typeof problemStatus;

const typePrefix = 'urn:cynodeai:error:';

/** `urn:cynodeai:error:<kind>` for a kind. */
export function problemType(kind: ProblemKind): string {
  return `${typePrefix}${kind}`;
}

/** The kind named by a problem's `type`, or undefined when it is of another family. Unknown kinds are returned as they are. */
export function problemKindOf(type: string): string | undefined {
  return type.startsWith(typePrefix) ? type.slice(typePrefix.length) : undefined;
}
