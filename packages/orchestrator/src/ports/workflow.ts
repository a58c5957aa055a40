import type { WorkflowTrigger } from '@cynodeai/contracts/common';
import type { NewTaskEvent } from '../domain/jobs/job-events.ts';
import type { StoredLease, WorkflowTask } from '../domain/workflow/start-decision.ts';
import type { Checkpoint } from '../domain/workflow/story-events.ts';
import type { WorkflowSettings } from '../domain/workflow/workflow-settings.ts';

/** A lease as it is taken, with the run and the context that belong to it. */
export interface LeaseToTake {
  readonly task: WorkflowTask;
  readonly leaseId: string;
  readonly runId: string;
  readonly contextId: string;
  readonly holderId: string;
  readonly idempotencyKey: string | undefined;
  readonly seconds: number;
  readonly contextSeconds: number;
  readonly trigger: WorkflowTrigger | undefined;
  readonly parentRunId: string | undefined;
  /** The lease of the run before was lost, not given back. */
  readonly isTakeover: boolean;
  readonly stalledTakeovers: number;
}

export interface LeaseRef {
  readonly taskId: string;
  readonly leaseId: string;
}

export type ReleaseOutcome = 'completed' | 'failed' | 'canceled' | 'yielded';

/** What is done to one task's workflow in one transaction, behind the lock of the task's row. */
export interface WorkflowTransaction {
  readonly settings: () => Promise<WorkflowSettings>;
  lockTask(taskId: string): Promise<WorkflowTask | undefined>;
  readLease(taskId: string): Promise<StoredLease | undefined>;
  /** The context of a lease; undefined when there is none. */
  contextOf(leaseId: string): Promise<string | undefined>;
  /** When it expires; undefined when somebody else holds the task's lease after all. */
  take(lease: LeaseToTake): Promise<Date | undefined>;
  /** Holds a living lease longer; undefined when it lives no more. */
  renew(lease: LeaseRef, seconds: number): Promise<Date | undefined>;
  /** Frees the lease and ends its run. */
  release(lease: LeaseRef, outcome: ReleaseOutcome | undefined): Promise<void>;
  readCheckpoint(taskId: string): Promise<(Checkpoint & { readonly updatedAt: Date }) | undefined>;
  /** Keeps the one checkpoint of a task; whether it is another one than before. */
  saveCheckpoint(taskId: string, checkpoint: Checkpoint): Promise<boolean>;
  /** Notes how many leases in a row were lost without another checkpoint. */
  setStalledTakeovers(taskId: string, count: number): Promise<void>;
  appendEvents(events: readonly NewTaskEvent[]): Promise<void>;
  /** Ends an open task as failed, with its open jobs. */
  failTask(taskId: string, failure: { code: string; message: string }): Promise<void>;
}

export type TransactWorkflow = <T>(work: (tx: WorkflowTransaction) => Promise<T>) => Promise<T>;

/** A task that waits for somebody to run it. */
export interface WaitingWorkflow {
  readonly taskId: string;
  readonly trigger: WorkflowTrigger;
}

export interface WaitingWorkflows {
  /** Open tasks whose workflow was asked for and whose lease nobody holds, oldest first. */
  waiting(limit: number): Promise<readonly WaitingWorkflow[]>;
  /** Until the earliest living lease expires, ms; undefined when none lives. */
  nextExpiryMs(): Promise<number | undefined>;
  settings(): Promise<WorkflowSettings>;
}

/** What runs workflows. */
export interface WorkflowRunner {
  /** Asks it to have a look at a task. @throws when it cannot be reached or refuses */
  nudge(workflow: WaitingWorkflow, signal: AbortSignal): Promise<void>;
}
