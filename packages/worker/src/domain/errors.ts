import { CodedError, messageOf } from '@cynodeai/runtime/std';

/** Everything that can go wrong on a node, by code. HTTP statuses and exit codes are chosen at the edges. */
export type WorkerErrorCode =
  /** The request breaks a rule that only the node can check, such as a missing image without a default. */
  | 'validation'
  | 'authentication'
  /** The node knows no such job. */
  | 'not_found'
  | 'node_policy_refused'
  | 'job_conflict'
  /** The staged files of one job are too large together. */
  | 'staging_full'
  | 'node_at_capacity'
  | 'node_not_ready'
  | 'node_shutting_down'
  | 'inference_unavailable'
  /** A fault of the node itself: engine or disk. */
  | 'internal'
  /** A fault of the node before anything of the job ran: it may be sent again as it is. */
  | 'not_run'
  /** The kernel ended the start of a sandbox for want of memory: nothing of the job ran. */
  | 'memory_short'
  /** The engine lost a sandbox before its first process was there: nothing of the job ran. */
  | 'start_lost'
  /** The container engine cannot run sandboxes; the message names the fix. */
  | 'engine_unusable'
  /** The image is neither present nor could be pulled; `reason` of the job. */
  | 'image_unavailable'
  /** The mount root or a job directory cannot be used; the message names the path. */
  | 'workspace_unusable'
  /** A kept workspace that a job has run in is not there. */
  | 'workspace_lost'
  /** A container did not die within its limit. */
  | 'container_resists';

export interface WorkerErrorOptions extends ErrorOptions {
  /** Seconds after which the caller may try again; only with `node_at_capacity`. */
  readonly retryAfterSeconds?: number;
}

/**
 * The node's closed error union: callers branch on `code`.
 * See docs/reference/worker-api.md#run-results.
 */
export class WorkerError extends CodedError<WorkerErrorCode> {
  readonly retryAfterSeconds: number | undefined;

  constructor(code: WorkerErrorCode, message: string, options: WorkerErrorOptions = {}) {
    super(code, message, options.cause === undefined ? undefined : { cause: options.cause });
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** What is said of a job that found no room on the node. */
export const diskFull = 'the disk of the node is full; make room on it';

/**
 * True for a fault of the system or of a database that means: no room on the disk, or no more for this user. SQLite
 * says of the one of its files that it maps into memory no more than that it could not be written.
 */
export function isDiskFull(error: unknown): boolean {
  const text = messageOf(error);
  return /\b(?:ENOSPC|EDQUOT)\b|no space left on device|disk quota exceeded|database or disk is full|disk I\/O error/i.test(
    text,
  );
}
