import type { InputMode, JobStatus } from '@cynodeai/contracts/gateway';
import type { JobPayload } from '../../../domain/jobs/job-payload.ts';
import type { StoredTaskStatus } from '../../../domain/tasks/task-status.ts';
import type {
  CreatedAt,
  Defaulted,
  Id,
  Identity,
  JsonObject,
  Jsonb,
  NullableJsonb,
  UpdatedAt,
} from './columns.ts';

/**
 * See docs/reference/database.md#work-tables; `closed` and `ended_at` must change together with a
 * terminal status.
 */
export interface TasksTable {
  id: Id;
  created_by: string;
  project_id: string | null;
  plan_id: string | null;
  name: string | null;
  input_mode: Defaulted<InputMode>;
  status: Defaulted<StoredTaskStatus>;
  closed: Defaulted<boolean>;
  prompt: string | null;
  description: string | null;
  acceptance_criteria: NullableJsonb<readonly string[]>;
  planning_state: 'draft' | 'ready' | null;
  summary: string | null;
  metadata: NullableJsonb<JsonObject>;
  ended_at: Date | null;
  created_at: CreatedAt;
  updated_at: UpdatedAt;
  folder_id: string | null;
}

/** A folder that somebody sent for tasks of their own. See docs/reference/folders.md. */
export interface FoldersTable {
  id: Id;
  owner_id: string;
  sha256: string;
  size_bytes: number;
  entries: number;
  storage_ref: string;
  created_at: CreatedAt;
  last_used_at: Date;
}

/** See docs/reference/database.md#work-tables. Lock order: the task, then its jobs. */
export interface JobsTable {
  id: Id;
  task_id: string;
  persona_id: string | null;
  node_id: string | null;
  status: Defaulted<JobStatus>;
  payload: NullableJsonb<JobPayload>;
  /** The run result as the Worker API answered it. */
  result: NullableJsonb<JsonObject>;
  /** Fencing token, new per claim. */
  lease_id: string | null;
  lease_expires_at: Date | null;
  attempt: Defaulted<number>;
  max_attempts: Defaulted<number>;
  next_attempt_at: Date | null;
  started_at: Date | null;
  ended_at: Date | null;
  created_at: CreatedAt;
  updated_at: UpdatedAt;
  /** The kept workspace it runs in. */
  workspace_id: string | null;
}

/**
 * See docs/reference/database.md#work-tables; a null `status_code` means the request is in
 * progress.
 */
export interface IdempotencyKeysTable {
  caller: string;
  method: string;
  path: string;
  key: string;
  request_sha256: Buffer;
  status_code: number | null;
  response: NullableJsonb<unknown>;
  resource_id: string | null;
  created_at: CreatedAt;
  expires_at: Date;
}

/** See docs/reference/database.md#work-tables. */
export interface TaskArtifactsTable {
  id: Id;
  task_id: string;
  run_id: string | null;
  job_id: string | null;
  path: string;
  /** `inline:…`, or where a blob is, such as `file:<relative path>`; never an absolute host path. */
  storage_ref: string;
  size_bytes: number | null;
  content_type: string | null;
  checksum_sha256: string | null;
  created_at: CreatedAt;
  updated_at: UpdatedAt;
  executable: Defaulted<boolean>;
}

/** See docs/reference/tasks-and-jobs.md#stored-content. */
export interface BlobsTable {
  storage_ref: string;
  /** Hex; null where nothing new may rest on it. */
  sha256: string | null;
  size_bytes: number;
  created_at: CreatedAt;
}

/** Content that a row is about to name. */
export interface BlobClaimsTable {
  claim_id: string;
  storage_ref: string;
  claimed_at: Date;
}

/** Names a row of `task_events` may carry; workflow events come with the workflow. */
export type StoredTaskEventName =
  | 'task.status'
  | 'job.status'
  | 'job.log'
  | 'workflow.plan'
  | 'workflow.step'
  | 'workflow.verification';

/** See docs/reference/database.md#work-tables; written under the task's row lock only. */
export interface TaskEventsTable {
  seq: Identity;
  task_id: string;
  job_id: string | null;
  event: StoredTaskEventName;
  data: Jsonb<JsonObject>;
  created_at: CreatedAt;
}

/** See docs/reference/database.md#work-tables; values are sealed for the control plane. */
export interface JobSecretsTable {
  owner_id: string;
  name: string;
  value_ciphertext: string;
  value_kid: string;
  size_bytes: number;
  created_at: CreatedAt;
  updated_at: UpdatedAt;
}

/** A workspace that is kept between tasks. See docs/reference/workspaces.md. */
export interface WorkspacesTable {
  id: Id;
  owner_id: string;
  name: string;
  /** Where its content lies. */
  node_id: string | null;
  /** The job that may write there, unless it has ended. */
  holder_job_id: string | null;
  size_bytes: number | null;
  last_used_at: Date | null;
  created_at: CreatedAt;
  updated_at: UpdatedAt;
}

/** See docs/reference/database.md#work-tables. */
export interface SessionsTable {
  id: Id;
  parent_session_id: string | null;
  user_id: string;
  title: string | null;
  created_at: CreatedAt;
  updated_at: UpdatedAt;
}

/** See docs/reference/database.md#work-tables. */
export interface RunsTable {
  id: Id;
  task_id: string;
  job_id: string | null;
  session_id: string | null;
  parent_run_id: string | null;
  status: 'pending' | 'running' | 'completed' | 'failed' | 'canceled';
  started_at: Date | null;
  ended_at: Date | null;
  metadata: NullableJsonb<JsonObject>;
  created_at: CreatedAt;
  updated_at: UpdatedAt;
}
