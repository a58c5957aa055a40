import type { JobResult } from '@cynodeai/contracts/gateway';
import type { NodeFacts } from '../domain/dispatch/node-facts.ts';
import type { Expiry } from '../domain/jobs/job-lease.ts';
import type { SandboxJobPayload } from '../domain/jobs/job-payload.ts';
import type { LogPiece } from '../domain/jobs/end-events.ts';
import type { ReadTaskInput } from './task-input.ts';

/** Identity of one claim of a job; `leaseId` fences every later write. */
export interface JobLease {
  readonly taskId: string;
  readonly jobId: string;
  readonly leaseId: string;
}

/** How to call a node's Worker API. The token must not reach a log or an error. */
export interface NodeConnection {
  readonly nodeId: string;
  readonly slug: string;
  readonly url: string;
  readonly token: string;
}

/** A job that this process owns and must bring to its end. */
export interface ClaimedJob extends JobLease {
  readonly attempt: number;
  readonly payload: SandboxJobPayload;
  /** `tasks.prompt`, when an input file of the job is made from it. */
  readonly prompt: string | undefined;
  readonly node: NodeConnection;
  readonly defaultImage: string;
  readonly timeoutSeconds: number;
  /** Deadline of the call, ms. */
  readonly deadlineMs: number;
  /** Length of the lease, ms. */
  readonly leaseMs: number;
}

/** A retry, claimed on the node that had the job last: that node is asked before anything is sent. */
export interface ClaimedRetry extends ClaimedJob {
  /** The node may be sent the job again. */
  readonly mayTakeWork: boolean;
}

/** The job a prompt goes on with. */
export interface FallbackJob {
  readonly jobId: string;
  readonly payload: SandboxJobPayload;
}

/** A job's end, ready to be stored. */
export interface EndedJob extends JobLease {
  readonly status: 'completed' | 'failed';
  readonly result: JobResult;
  readonly summary: string;
  readonly logs: readonly LogPiece[];
  /** Queued in the same transaction; the task then goes on instead of ending with this job. */
  readonly next?: FallbackJob;
}

/** What storing an end did. */
export type StoredEnd =
  /** Job and task now have their final status. */
  | 'recorded'
  /** The job was canceled meanwhile: the result is kept for inspection, no status changed. */
  | 'kept_for_inspection'
  /** The job had ended already: nothing was written. */
  | 'ended_before'
  /** Somebody else holds the lease now: nothing was written. */
  | 'superseded';

/** What a renewal found. Leases in neither list are extended, or could not be looked at this time. */
export interface Renewal {
  readonly leaseMs: number;
  /** Jobs that were canceled; their results are still kept for inspection. */
  readonly canceled: readonly string[];
  /** Jobs whose lease is somebody else's or nobody's. */
  readonly lost: readonly string[];
}

/** A job whose lease was taken away, and what became of it. */
export interface ExpiredJob extends JobLease {
  readonly nodeId: string | undefined;
  readonly expiry: Expiry;
}

/** A job that a node may still run although nobody waits for it. */
export interface LeftJob {
  readonly taskId: string;
  readonly jobId: string;
  readonly nodeId: string;
}

export interface ClaimOptions {
  /** Jobs a node still runs though their rows say otherwise, by node id. */
  readonly extraRunning: ReadonlyMap<string, number>;
  /** Nodes that did not answer lately: used only while no other may take the job. */
  readonly avoid: ReadonlySet<string>;
}

/** The queue of jobs. Every write is guarded by the lease; time is the database's. Contract 01 sections 4.2, 5.4 to 5.6. */
export interface JobQueue {
  /**
   * Claims queued sandbox jobs that no node has, up to the free slots, and commits before it returns. Jobs that no
   * node may run stay queued.
   */
  claimSandboxJobs(options: ClaimOptions): Promise<readonly ClaimedJob[]>;
  /** Claims queued jobs that a node may have already, each on that node. */
  claimRetries(): Promise<readonly ClaimedRetry[]>;
  /** Says on the tasks of queued jobs why no node may take them. */
  noteWaiting(): Promise<void>;
  /** Extends leases in one statement, those of canceled jobs without a result too. */
  renew(leases: readonly JobLease[]): Promise<Renewal>;
  /**
   * Ends jobs and their tasks with events and notifications, all in one transaction; a second time is a no-op.
   * @throws OrchestratorError `result_not_storable` when the database refuses the values themselves.
   */
  complete(jobs: readonly EndedJob[]): Promise<ReadonlyMap<string, StoredEnd>>;
  /** Puts a job that did not run back; `refusedBy` excludes a node from now on. False when the lease is not current. */
  requeue(
    lease: JobLease,
    back: {
      readonly delayMs: number;
      readonly reason: string;
      readonly refusedBy: string | undefined;
      /** A node that may still have it from an earlier attempt; it will be asked first. */
      readonly keepNode?: boolean;
    },
  ): Promise<boolean>;
  /** Gives up the own lease of a job that may have run; undefined when it is not current. */
  release(lease: JobLease, reason: string): Promise<ExpiredJob | undefined>;
  /**
   * Takes a job from a silent node to another with a free slot, in one transaction. `sent` = it may have run there:
   * then this is a new attempt under a new lease. `none` without another node or attempt left, `lost` when the lease
   * is not current.
   */
  move(
    job: ClaimedJob,
    options: ClaimOptions & { readonly sent: boolean; readonly reason: string },
  ): Promise<ClaimedJob | 'none' | 'lost'>;
  /** This claim found a run under way and is not an attempt. */
  noteAdopted(lease: JobLease): Promise<void>;
  /** Takes away leases that have passed, but for the given ones: back into the queue, or failed. */
  reap(exceptLeaseIds: readonly string[]): Promise<readonly ExpiredJob[]>;
  /** Canceled jobs that may still run although nobody looks after them; each is handed out once. */
  takeOrphanedCancels(): Promise<readonly LeftJob[]>;
  /** True while the job runs on that node or waits for a retry there: then nobody else may stop it. */
  isWanted(job: LeftJob): Promise<boolean>;
  /** Of the given jobs those that were canceled. */
  canceledAmong(jobIds: readonly string[]): Promise<readonly string[]>;
  /** Ends leases whose results nobody will wait for, so that the next process need not wait either. */
  abandon(leases: readonly JobLease[]): Promise<void>;
  /** True while jobs run under leases of others. */
  othersRun(ownLeaseIds: readonly string[]): Promise<boolean>;
  /** What scheduling knows of all nodes. */
  nodeFacts(): Promise<readonly NodeFacts[]>;
  /** Every node that can be called, by id. */
  connections(): Promise<ReadonlyMap<string, NodeConnection>>;
  /** A node refused the given token: no more work for it until it is heard of again. */
  deactivateNode(nodeId: string, reason: string): Promise<void>;
  /** What the user gave a task; rejects when there is no such task or text. */
  readonly taskInput: ReadTaskInput;
  /** `storage_ref` of a task's artifacts by id; unknown ones are absent. */
  artifactRefs(
    taskId: string,
    artifactIds: readonly string[],
  ): Promise<ReadonlyMap<string, string>>;
}
