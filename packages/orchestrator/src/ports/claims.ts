import type { SandboxJobPayload } from '../domain/jobs/job-payload.ts';
import type { JobWorkspace } from '../domain/jobs/run-request.ts';
import type { JobLease } from './leases.ts';
import type { NodeConnection } from './nodes.ts';

/** A job that this process owns and must bring to its end. */
export interface ClaimedJob extends JobLease {
  readonly attempt: number;
  readonly payload: SandboxJobPayload;
  /** `tasks.prompt`, when an input file of the job is made from it. */
  readonly prompt: string | undefined;
  readonly node: NodeConnection;
  readonly defaultImage: string;
  /** Times its node may say that it cannot start the job. */
  readonly maxRefusals: number;
  readonly timeoutSeconds: number;
  /** Deadline of the call, ms. */
  readonly deadlineMs: number;
  /** Length of the lease, ms. */
  readonly leaseMs: number;
  /** The kept workspace it runs in. */
  readonly workspace?: JobWorkspace | undefined;
}

/** A retry, claimed on the node that had the job last: that node is asked before anything is sent. */
export interface ClaimedRetry extends ClaimedJob {
  /** The node may be sent the job again. */
  readonly mayTakeWork: boolean;
}

export interface ClaimOptions {
  /** Jobs a node still runs though their rows say otherwise, by node id. */
  readonly extraRunning: ReadonlyMap<string, number>;
  /** Nodes that did not answer lately: used only while no other may take the job. */
  readonly avoid: ReadonlySet<string>;
}

/** How a job leaves its node. */
export interface MoveOptions extends ClaimOptions {
  /** It may have run there: then this is a new attempt under a new lease. */
  readonly sent: boolean;
  readonly reason: string;
}

/** Claims of sandbox jobs; each commits before it returns. See docs/reference/leases.md. */
export interface Claims {
  /** Claims queued jobs that no node has, up to the free slots. Jobs that no node may run stay queued. */
  sandboxJobs(options: ClaimOptions): Promise<readonly ClaimedJob[]>;
  /** Claims queued jobs that a node may have already, each on that node. */
  retries(): Promise<readonly ClaimedRetry[]>;
  /**
   * Takes a job from a silent node to another with a free slot, in one transaction. `none` without another node or
   * attempt left, `lost` when the lease is not current.
   */
  move(job: ClaimedJob, options: MoveOptions): Promise<ClaimedJob | 'none' | 'lost'>;
  /** Says on the tasks of queued jobs why no node may take them. */
  noteWaiting(): Promise<void>;
}
