import type { JobResult } from '@cynodeai/contracts';
import type { NodeFacts } from '../domain/dispatch/node-facts.ts';
import type { SandboxJobPayload } from '../domain/jobs/job-payload.ts';
import type { LogPiece } from '../domain/jobs/end-events.ts';

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

/** A job that this process owns and must send. */
export interface ClaimedJob extends JobLease {
  readonly attempt: number;
  readonly payload: SandboxJobPayload;
  /** `tasks.prompt`, when an input file of the job is made from it. */
  readonly prompt: string | undefined;
  readonly node: NodeConnection;
  readonly defaultImage: string;
  readonly timeoutSeconds: number;
  /** Deadline of the call and length of the lease, ms. */
  readonly deadlineMs: number;
}

/** A job's end, ready to be stored. */
export interface EndedJob extends JobLease {
  readonly status: 'completed' | 'failed';
  readonly result: JobResult;
  readonly summary: string;
  readonly logs: readonly LogPiece[];
}

/** What storing an end did. */
export type StoredEnd =
  /** Job and task now have their final status. */
  | 'recorded'
  /** The job was canceled meanwhile: the result is kept for inspection, no status changed. */
  | 'kept_for_inspection'
  /** Somebody else ended or took over the job: nothing was written. */
  | 'superseded';

/** The queue of jobs. Every write is guarded by the lease. Contract 01 sections 4.2, 5.4 to 5.6. */
export interface JobQueue {
  /**
   * Claims queued sandbox jobs up to the free slots and commits before it returns. Jobs that no node may run stay
   * queued. `extraRunning` counts jobs a node still runs though their rows say otherwise.
   */
  claimSandboxJobs(extraRunning: ReadonlyMap<string, number>): Promise<readonly ClaimedJob[]>;
  /** Says on the tasks of queued jobs why no node may take them. */
  noteWaiting(): Promise<void>;
  /** Claims queued jobs that need a model. */
  claimInferenceJobs(): Promise<readonly JobLease[]>;
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
    },
  ): Promise<boolean>;
  /** Of the given jobs those that were canceled. */
  canceledAmong(jobIds: readonly string[]): Promise<readonly string[]>;
  /** Running jobs whose lease has passed, but for the given ones. */
  expiredLeases(exceptJobIds: readonly string[]): Promise<readonly JobLease[]>;
  /** Ends the leases of jobs whose results nobody will wait for, so that the next process can fail them at once. */
  abandon(leases: readonly JobLease[]): Promise<void>;
  /** What scheduling knows of all nodes. */
  nodeFacts(): Promise<readonly NodeFacts[]>;
  /** A node refused the given token: no more work for it until it acknowledges its configuration again. */
  deactivateNode(nodeId: string, reason: string): Promise<void>;
  /** `storage_ref` of a task's artifacts by id; unknown ones are absent. */
  artifactRefs(
    taskId: string,
    artifactIds: readonly string[],
  ): Promise<ReadonlyMap<string, string>>;
}
