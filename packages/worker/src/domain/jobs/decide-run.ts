/** What a node knows of a job when it is asked to run it. */
export interface KnownJob {
  /** Lease the job was taken on under; absent when the caller gave none. */
  readonly leaseId?: string;
  readonly state: 'running' | 'stored';
}

/** `join` waits for what runs, `answer` gives the stored result, `conflict` is refused. */
export type RunDecision = 'begin' | 'join' | 'answer' | 'conflict';

/**
 * Whether a request begins a run. (`job_id`, `lease_id`) is the idempotency key, so the same key
 * never runs twice; a request without a lease has no key and gets nothing that exists already.
 * See docs/reference/worker-api.md#life-of-a-job-on-its-node, REQ-WORKER-0149.
 */
export function decideRun(known: KnownJob | undefined, leaseId: string | undefined): RunDecision {
  if (known === undefined) return 'begin';
  if (leaseId === undefined || known.leaseId !== leaseId) return 'conflict';
  return known.state === 'running' ? 'join' : 'answer';
}
