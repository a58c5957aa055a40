import type { InputMode, TaskEvent } from '@cynodeai/contracts/gateway';
import type { JobPayload } from '../domain/jobs/job-payload.ts';
import type { PagePosition } from '../domain/tasks/page-cursor.ts';
import type { JobRecord, TaskRecord } from '../domain/tasks/task-record.ts';
import type { StoredTaskStatus } from '../domain/tasks/task-status.ts';
import type { GatewayAuditLog } from './audit.ts';
import type { ProjectStore } from './projects.ts';

/** How a caller names a task: its uuid, or the name they gave it. */
export type TaskReference =
  | { readonly by: 'id'; readonly id: string }
  | { readonly by: 'name'; readonly name: string; readonly createdBy: string };

/** Which tasks a list shows. */
export interface TaskListQuery {
  /** Everything, or the user's own tasks and those of these projects. */
  readonly scope:
    | { readonly kind: 'all' }
    | {
        readonly kind: 'own_and_projects';
        readonly userId: string;
        readonly projectIds: readonly string[];
      };
  readonly status: StoredTaskStatus | undefined;
  readonly projectId: string | undefined;
  readonly after: PagePosition | undefined;
  readonly limit: number;
}

/** Reads tasks; whether a caller may see one is decided by the domain. */
export interface TaskReader {
  find(reference: TaskReference): Promise<TaskRecord | undefined>;
  /** Newest first. */
  list(query: TaskListQuery): Promise<readonly TaskRecord[]>;
  /** In creation order. */
  jobs(taskId: string): Promise<readonly JobRecord[]>;
  status(taskId: string): Promise<StoredTaskStatus | undefined>;
  /** Events with a sequence number above `after`, oldest first. */
  events(taskId: string, after: number, limit: number): Promise<readonly TaskEvent[]>;
  /** Where a client that saw `lastEventId` reads on; 0 (the first kept) when that is no kept event of the task. */
  resumeAfter(taskId: string, lastEventId: string | undefined): Promise<number>;
}

export interface NewTask {
  readonly id: string;
  readonly createdBy: string;
  readonly projectId: string;
  readonly name: string;
  readonly inputMode: InputMode;
  readonly prompt: string;
  readonly description: string | undefined;
  readonly acceptanceCriteria: readonly string[] | undefined;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly at: Date;
}

export interface NewArtifact {
  readonly id: string;
  readonly taskId: string;
  readonly path: string;
  readonly storageRef: string;
  readonly sizeBytes: number;
  readonly contentType: string | undefined;
  readonly sha256: string;
  readonly at: Date;
}

export interface NewJob {
  readonly id: string;
  readonly taskId: string;
  readonly payload: JobPayload;
  readonly at: Date;
}

export interface CanceledTask {
  readonly taskId: string;
  readonly jobIds: readonly string[];
}

/** A request that may be repeated. Contract 01 section 13. */
export interface IdempotentCall {
  /** `user:<uuid>`. */
  readonly caller: string;
  readonly method: string;
  readonly path: string;
  readonly key: string;
  readonly bodyHash: Buffer;
}

/** This process's hold on an idempotency key; it is lost when another call took the key over. */
export interface IdempotencyClaim extends IdempotentCall {
  readonly claimedAt: Date;
}

export type IdempotencyStart =
  | { readonly kind: 'started'; readonly claim: IdempotencyClaim }
  | { readonly kind: 'replay'; readonly status: number; readonly body: unknown }
  | { readonly kind: 'running' }
  | { readonly kind: 'other_body' };

/** Remembers first answers for 24 h; a call that never finished may be taken over after 60 s. */
export interface IdempotencyKeys {
  start(call: IdempotentCall, now: Date): Promise<IdempotencyStart>;
  /** Frees the key of a call that failed. */
  release(claim: IdempotencyClaim): Promise<void>;
  /** Forgets answers that are past their day; says how many. */
  removeExpired(now: Date): Promise<number>;
}

/** What one transaction on tasks may do. */
export interface TaskTransaction {
  readonly projects: ProjectStore;
  readonly audit: GatewayAuditLog;
  /** False when the creator already has a task of that name. */
  insertTask(task: NewTask): Promise<boolean>;
  /** Makes others who number the same name wait until this transaction ends. */
  lockName(createdBy: string, name: string): Promise<void>;
  takenNames(createdBy: string, names: readonly string[]): Promise<ReadonlySet<string>>;
  insertArtifacts(artifacts: readonly NewArtifact[]): Promise<void>;
  /** Also writes the first events of task and job, and tells dispatchers and waiting clients. */
  insertJob(job: NewJob): Promise<void>;
  /** Keeps the answer; false when the claim was lost, and then nothing may be committed. */
  finishIdempotent(
    claim: IdempotencyClaim,
    answer: { readonly status: number; readonly body: unknown; readonly resourceId: string },
  ): Promise<boolean>;
  /** The task, locked until the transaction ends. */
  lockTask(reference: TaskReference): Promise<TaskRecord | undefined>;
  /** Ends a locked task and its open jobs, writes their events and tells whoever waits or runs them. */
  cancelTask(taskId: string, at: Date): Promise<CanceledTask>;
}

/** Runs work in one transaction; it is undone when the work rejects. */
export type TransactTasks = <T>(work: (transaction: TaskTransaction) => Promise<T>) => Promise<T>;

/** Wakes whoever waits for a task; a hint only, so waiters also look again by themselves. */
export interface TaskSignals {
  /** Calls `wake` at every change of the task until the returned function is called. */
  subscribe(taskId: string, wake: () => void): () => void;
}
