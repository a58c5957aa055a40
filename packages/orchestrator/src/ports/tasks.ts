import type { InputMode, TaskEvent } from '@cynodeai/contracts/gateway';
import type { UserSession } from '../domain/identity/actor.ts';
import type { JobPayload } from '../domain/jobs/job-payload.ts';
import type { PagePosition } from '../domain/tasks/page-cursor.ts';
import type { JobRecord, TaskRecord } from '../domain/tasks/task-record.ts';
import type { StoredTaskStatus } from '../domain/tasks/task-status.ts';
import type { GatewayAuditLog, GatewayAuditRow } from './audit.ts';
import type { SessionRef } from './identity.ts';
import type { ProjectStore } from './projects.ts';

/** How a caller names a task: its uuid, or the name they gave it. */
export type TaskReference =
  | { readonly by: 'id'; readonly id: string }
  | { readonly by: 'name'; readonly name: string; readonly createdBy: string };

/** Whose tasks: the caller's, or those of somebody by uuid or handle. */
export type TaskOwner =
  | { readonly by: 'caller' }
  | { readonly by: 'id'; readonly id: string }
  | { readonly by: 'handle'; readonly handle: string };

/** Which page of tasks is wanted. */
export interface TaskPageQuery {
  readonly status?: StoredTaskStatus | undefined;
  /** The whole name. */
  readonly name?: string | undefined;
  /** A part of the name. */
  readonly text?: string | undefined;
  /** Made then or later, and before. */
  readonly since?: Date | undefined;
  readonly until?: Date | undefined;
  readonly owner?: TaskOwner | undefined;
  /** Uuid or slug of a node that had a job of it. */
  readonly node?: string | undefined;
  readonly oldestFirst?: boolean | undefined;
  readonly after: PagePosition | undefined;
  readonly limit: number;
}

export interface ProjectTasksQuery extends TaskPageQuery {
  readonly projectId: string;
  /** The caller, where `owner` means them. */
  readonly userId: string;
}

/** A page; where the limit of what is looked through came before that of the page, how far it was looked. */
export interface TaskPage {
  readonly tasks: readonly TaskRecord[];
  readonly lookedTo?: PagePosition | undefined;
}

/** Reads tasks; whether a caller may see one is decided by the domain. */
export interface TaskReader {
  find(reference: TaskReference): Promise<TaskRecord | undefined>;
  /** Of one project. */
  list(query: ProjectTasksQuery): Promise<TaskPage>;
  /** In creation order. */
  jobs(taskId: string): Promise<readonly JobRecord[]>;
  status(taskId: string): Promise<StoredTaskStatus | undefined>;
  /** Events with a sequence number above `after`, oldest first. */
  events(taskId: string, after: number, limit: number): Promise<readonly TaskEvent[]>;
  /** Where a client that saw `lastEventId` reads on; 0 (the first kept) when that is no kept event of the task. */
  resumeAfter(taskId: string, lastEventId: string | undefined): Promise<number>;
}

/** A caller with the task they named, whether they may read it or not. */
export interface CallerTask {
  readonly actor: UserSession;
  readonly task: TaskRecord | undefined;
}

export interface CallerTaskWithJobs extends CallerTask {
  /** In creation order. */
  readonly jobs: readonly JobRecord[];
}

export interface CallerTaskPage extends TaskPage {
  readonly actor: UserSession;
}

/**
 * Reads the caller of a session and what they ask for in one statement, so that a read is one round trip; undefined
 * without a live session. Whether the caller may see what was read is decided by the domain.
 */
export interface CallerTasks {
  find(
    session: SessionRef,
    now: Date,
    reference: TaskReference | undefined,
  ): Promise<CallerTask | undefined>;
  findWithJobs(
    session: SessionRef,
    now: Date,
    reference: TaskReference | undefined,
  ): Promise<CallerTaskWithJobs | undefined>;
  /** The caller's own tasks and those of projects they hold a role in; all tasks for those who oversee them. */
  list(session: SessionRef, now: Date, query: TaskPageQuery): Promise<CallerTaskPage | undefined>;
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
  /** Of the folder it is given. */
  readonly folderId: string | undefined;
  readonly at: Date;
}

export interface NewArtifact {
  readonly id: string;
  readonly path: string;
  readonly storageRef: string;
  readonly sizeBytes: number;
  readonly contentType: string | undefined;
  readonly sha256: string;
  /** Of its content; ends when the row is written. */
  readonly claim: string;
}

export interface CanceledTask {
  readonly taskId: string;
  readonly jobIds: readonly string[];
}

/** A request that may be repeated. See docs/reference/http.md#idempotency. */
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

/** A success answer as it is kept for repeated calls. */
export interface KeptAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly resourceId: string;
}

/** A task and all that begins with it. */
export interface TaskCreation {
  readonly task: NewTask;
  readonly artifacts: readonly NewArtifact[];
  /** The first job; undefined for a task that waits for somebody to begin it. */
  readonly job: { readonly id: string; readonly payload: JobPayload } | undefined;
  /** Name of the kept workspace its job runs in; the creator's, made with the task where there is none. */
  readonly workspace: string | undefined;
  readonly audit: GatewayAuditRow;
  /** The answer to keep, when the caller sent an idempotency key. */
  readonly kept: { readonly claim: IdempotencyClaim; readonly answer: KeptAnswer } | undefined;
}

/** `name_taken`: the creator has a task of that name; `key_lost`: another call took the idempotency key over. */
export type CreationResult = 'created' | 'name_taken' | 'key_lost';

/** Creates tasks. */
export interface TaskCreator {
  /**
   * In one statement, all of it or nothing: task, files, job, first events, audit row and kept answer. Tells
   * dispatchers and waiting clients.
   */
  create(creation: TaskCreation): Promise<CreationResult>;
}

/** How much belongs to tasks. */
export interface FinishedTotals {
  readonly tasks: number;
  readonly jobs: number;
  readonly files: number;
  readonly bytes: number;
}

/** Tasks that are gone, with the files that nobody needs any more. */
export interface RemovedTasks {
  readonly taskIds: readonly string[];
  readonly jobs: number;
  readonly files: readonly { readonly storageRef: string; readonly sizeBytes: number }[];
}

/** What one transaction on tasks may do. */
export interface TaskTransaction extends TaskCreator {
  readonly projects: ProjectStore;
  readonly audit: GatewayAuditLog;
  /** Makes others who number the same name wait until this transaction ends. */
  lockName(createdBy: string, name: string): Promise<void>;
  takenNames(createdBy: string, names: readonly string[]): Promise<ReadonlySet<string>>;
  /** The task, locked until the transaction ends. */
  lockTask(reference: TaskReference): Promise<TaskRecord | undefined>;
  /** Ends a locked task and its open jobs, writes their events and tells whoever waits or runs them. */
  cancelTask(taskId: string, at: Date): Promise<CanceledTask>;
  /** What belongs to tasks that ended before that and that no node works on. */
  countFinished(before: Date): Promise<FinishedTotals>;
  /** Removes the oldest of them with all that hangs on them; those that somebody holds are left out. */
  removeFinished(before: Date, limit: number): Promise<RemovedTasks>;
  /** Removes a locked task that has ended in the same way; undefined while a node may work on it. */
  removeTask(taskId: string): Promise<RemovedTasks | undefined>;
}

/** Runs work in one transaction; it is undone when the work rejects. */
export type TransactTasks = <T>(work: (transaction: TaskTransaction) => Promise<T>) => Promise<T>;

/** Wakes whoever waits for a task; a hint only, so waiters also look again by themselves. */
export interface TaskSignals {
  /** Calls `wake` at every change of the task until the returned function is called. */
  subscribe(taskId: string, wake: () => void): () => void;
}
