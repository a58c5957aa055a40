import type { Expiry } from '../domain/jobs/attempts.ts';
import type { Return } from '../domain/jobs/dispatch-change.ts';

/** Identity of one claim of a job; `leaseId` fences every later write. */
export interface JobLease {
  readonly taskId: string;
  readonly jobId: string;
  readonly leaseId: string;
}

/** What a renewal found, by ids of the work. Leases in neither list are extended, or could not be looked at this time. */
export interface Renewal {
  readonly leaseMs: number;
  /** Work that was canceled; its results are still kept for inspection. */
  readonly canceled: readonly string[];
  /** Work whose lease is somebody else's or nobody's. */
  readonly lost: readonly string[];
}

/** A job whose lease was taken away, and what became of it. */
export interface ExpiredJob extends JobLease {
  readonly nodeId: string | undefined;
  readonly expiry: Expiry;
}

/** How often a job's runs were lost with their node. */
export interface NodeDeaths {
  readonly count: number;
  readonly maxAttempts: number;
}

/** How a job that did not run goes back into the queue. */
export interface Requeue extends Return {
  readonly delayMs: number;
  /** Its node may still have it from an earlier attempt and will be asked first. */
  readonly keepNode?: boolean;
  /** Nothing was begun in its workspace, which this claim had placed: it is bound to no node. */
  readonly freesPlace?: boolean;
}

/**
 * Leases of jobs. Every write is guarded by the lease; time is the database's.
 * See docs/reference/tasks-and-jobs.md#job-states and docs/reference/leases.md#leases-and-retries.
 */
export interface Leases {
  /** Extends leases in one statement, those of canceled jobs without a result too. */
  renew(leases: readonly JobLease[]): Promise<Renewal>;
  /** Of the given jobs those that were canceled. */
  canceledAmong(jobIds: readonly string[]): Promise<readonly string[]>;
  /** Puts a job that did not run back into the queue. False when the lease is not current. */
  requeue(lease: JobLease, back: Requeue): Promise<boolean>;
  /** Gives up the own lease of a job that may have run; undefined when it is not current. */
  release(lease: JobLease, reason: string): Promise<ExpiredJob | undefined>;
  /** This claim found a run under way and is not an attempt. */
  noteAdopted(lease: JobLease): Promise<void>;
  /** This claim starts another run of a job that may have said something in an earlier one. */
  noteBegunAnew(lease: JobLease): Promise<void>;
  /** A run was lost with its node. Answers with how many were, and how often the job may start; undefined when the lease is not current. */
  noteNodeDeath(lease: JobLease): Promise<NodeDeaths | undefined>;
  /** Ends leases whose results nobody will wait for, so that the next process need not wait either. */
  abandon(leases: readonly JobLease[]): Promise<void>;
  /** Takes away leases that have passed, but for the given ones: back into the queue, or failed. */
  reap(exceptLeaseIds: readonly string[]): Promise<readonly ExpiredJob[]>;
  /** True while jobs run under leases of others. */
  othersRun(ownLeaseIds: readonly string[]): Promise<boolean>;
}
