import type { JobStatus } from '@cynodeai/contracts/gateway';
import type {
  AgentArtifact,
  AgentImage,
  AgentJob,
  AgentTask,
  Verification,
} from '@cynodeai/contracts/mcp';
import type { JobPayload } from '../domain/jobs/job-payload.ts';
import type { TaskFileNow } from '../domain/mcp/agent-job.ts';
import type { NamedImage } from '../domain/mcp/named-image.ts';
import type { StoredTaskStatus } from '../domain/tasks/task-status.ts';
import type { PreferenceTransaction } from './preferences.ts';
import type { ProjectStore } from './projects.ts';
import type { SecretReader } from './secrets.ts';
import type { TransactSettings } from './settings.ts';
import type { TaskCreator, TaskReader, TransactTasks } from './tasks.ts';
import type { WorkspaceReader } from './workspaces.ts';

/** What of a task an agent changes; absent: it stays. */
export interface TaskChange {
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly acceptanceCriteria?: readonly string[] | undefined;
  readonly summary?: string | undefined;
  readonly metadataPatch?: Readonly<Record<string, unknown>> | undefined;
}

/** Changes tasks; each is locked until the transaction ends. */
export interface AgentTaskWriter {
  lock(taskId: string): Promise<AgentTask | undefined>;
  /** Changes a locked task; `name_taken` when its creator has another one of that name. */
  change(taskId: string, change: TaskChange, at: Date): Promise<AgentTask | 'name_taken'>;
  /** Moves a locked task; with its end also its open jobs end. */
  move(taskId: string, status: StoredTaskStatus, at: Date): Promise<AgentTask>;
  /** Asks for the workflow of a locked task, whoever asked before, unless somebody runs it now. */
  askForWorkflow(taskId: string, at: Date): Promise<'requested' | 'already_running'>;
}

/** A job that an agent has made, under the lock of its task. */
export interface NewAgentJob {
  readonly taskId: string;
  readonly jobId: string;
  readonly payload: JobPayload;
  readonly at: Date;
}

/** Makes and changes jobs, each under the lock of its task. */
export interface AgentJobWriter {
  /** Jobs that a task has had, and how many it may have. */
  room(taskId: string): Promise<{ readonly had: number; readonly most: number }>;
  /** The files of a task, newest first. */
  files(taskId: string): Promise<readonly TaskFileNow[]>;
  /** The state of a job of that id, and whether it is the same job, whichever files it has; undefined: there is none. */
  known(
    job: NewAgentJob,
  ): Promise<{ readonly status: AgentJob['status']; readonly isSame: boolean } | undefined>;
  /** Queues a job, and wakes whoever sends it. */
  create(job: NewAgentJob): Promise<void>;
  lock(jobId: string): Promise<AgentJob | undefined>;
  /** Cancels or puts back a locked job, and tells whoever waits for it or runs it; the reason stays with the job. */
  move(
    job: AgentJob,
    status: Extract<JobStatus, 'canceled' | 'queued'>,
    at: Date,
    reason?: string,
  ): Promise<AgentJob>;
}

export type NewVerification = Omit<Verification, 'id' | 'created_at'>;

export interface VerificationWriter {
  /** The first one of this step, attempt and kind of agent stays. */
  create(verification: NewVerification): Promise<Verification>;
}

/** A file to be known under a path of a task. */
export interface NewAgentArtifact {
  readonly taskId: string;
  readonly jobId: string | undefined;
  readonly runId: string | undefined;
  readonly path: string;
  readonly storageRef: string;
  readonly sizeBytes: number;
  readonly contentType: string | undefined;
  readonly sha256: string;
  /** Of its content; ends when the row is written. */
  readonly claim: string;
  readonly at: Date;
}

export interface ArtifactWriter {
  put(artifact: NewAgentArtifact): Promise<AgentArtifact & { readonly created: boolean }>;
}

/** What a job remembers. */
export interface JobMemory {
  readonly taskId: string;
  readonly jobId: string;
  readonly key: string;
  readonly content: string;
  readonly summary: string | undefined;
  readonly sizeBytes: number;
}

export interface MemoryWriter {
  /** What the job remembers beside that key; the job's memory is locked until the transaction ends. */
  others(jobId: string, key: string): Promise<{ readonly entries: number; readonly bytes: number }>;
  put(memory: JobMemory, at: Date): Promise<void>;
  remove(jobId: string, key: string): Promise<boolean>;
}

export interface AgentImageWriter {
  /** Allows an image; one that is known keeps its name. Undefined: another image of that name has that version. */
  allow(
    image: NamedImage,
    change: { readonly by: string; readonly at: Date },
  ): Promise<AgentImage | undefined>;
}

/** What making a task needs of the transaction. */
export interface TaskCreationEffects extends TaskCreator {
  readonly transact: TransactTasks;
  readonly projects: Pick<ProjectStore, 'find'>;
  readonly secrets: SecretReader;
  readonly workspaces: WorkspaceReader;
  readonly tasks: Pick<TaskReader, 'status'>;
}

/** What a tool may change, in the transaction that also writes the row of its call. */
export interface ToolEffects {
  readonly tasks: AgentTaskWriter;
  readonly creation: TaskCreationEffects;
  readonly jobs: AgentJobWriter;
  readonly verifications: VerificationWriter;
  readonly preferences: PreferenceTransaction;
  readonly settings: TransactSettings;
  readonly artifacts: ArtifactWriter;
  readonly memories: MemoryWriter;
  readonly images: AgentImageWriter;
}
