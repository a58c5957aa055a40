import { attachmentFolder } from '@cynodeai/contracts/common';
import type { InputMode, JobStatus, Task, TaskAttachment } from '@cynodeai/contracts/gateway';
import type { TaskScope } from '../identity/task-access.ts';
import type { ShownWishes } from './sandbox-wishes.ts';
import { waitingWords } from './waiting-words.ts';
import { type StoredTaskStatus, apiTaskStatus } from './task-status.ts';

export { attachmentFolder };

/** Name of the attachment that is the standard input of a job that has one. */
export const stdinName = 'stdin';

/** A file the user sent with a task. */
export interface AttachmentRecord {
  readonly artifactId: string;
  /** `upload/<name>`. */
  readonly path: string;
  readonly contentType: string | undefined;
  readonly sizeBytes: number;
}

/** A task as it is stored, with its attachments. */
export interface TaskRecord extends TaskScope, ShownWishes {
  readonly id: string;
  readonly name: string;
  readonly status: StoredTaskStatus;
  readonly inputMode: InputMode;
  readonly prompt: string;
  readonly summary: string | undefined;
  /** The task it was made from. */
  readonly rerunOf?: string | undefined;
  /** Why it is not under way, as a code, and in words where there is more to say; absent for one that was just made. */
  readonly waitingReason?: string | undefined;
  readonly waitingText?: string | undefined;
  readonly attachments: readonly AttachmentRecord[];
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** When its first job began. */
  readonly startedAt?: Date | undefined;
  readonly endedAt?: Date | undefined;
  /** Of the job that ended it, where one ran. */
  readonly exitCode?: number | undefined;
  /** Its streams that are no text. */
  readonly binary?: readonly ('stdout' | 'stderr')[];
  /** Words behind its script, or the command itself. */
  readonly args?: readonly string[];
}

/** A job of a task, in creation order wherever several are listed. */
export interface JobRecord {
  readonly id: string;
  readonly status: JobStatus;
  /** What is stored of its outcome. */
  readonly result: Readonly<Record<string, unknown>> | undefined;
  readonly startedAt: Date | undefined;
  readonly endedAt: Date | undefined;
}

function attachmentView(record: AttachmentRecord): TaskAttachment {
  return {
    artifact_id: record.artifactId,
    name: record.path.slice(attachmentFolder.length),
    ...(record.contentType !== undefined && { content_type: record.contentType }),
    size_bytes: record.sizeBytes,
  };
}

const byPath = (a: AttachmentRecord, b: AttachmentRecord): number => (a.path < b.path ? -1 : 1);

/** An ended task waits for nothing, whatever it waited for last. */
function waitingView(task: TaskRecord): Pick<Task, 'waiting_reason' | 'waiting_text'> {
  if (!['pending', 'running'].includes(task.status)) return {};
  const { waitingReason, waitingText = waitingWords(waitingReason ?? '') } = task;
  return {
    ...(waitingReason !== undefined && { waiting_reason: waitingReason }),
    ...(waitingText !== undefined && { waiting_text: waitingText }),
  };
}

function courseView(
  task: TaskRecord,
): Pick<Task, 'started_at' | 'ended_at' | 'exit_code' | 'binary'> {
  const { startedAt, endedAt, exitCode, binary } = task;
  return {
    ...(startedAt !== undefined && { started_at: startedAt.toISOString() }),
    ...(endedAt !== undefined && { ended_at: endedAt.toISOString() }),
    ...(exitCode !== undefined && { exit_code: exitCode }),
    ...(binary !== undefined && { binary: [...binary] }),
  };
}

/**
 * The task as the API shows it; attachments by name, so that equal states give equal answers.
 * See docs/reference/tasks-and-jobs.md#create.
 */
export function taskView(task: TaskRecord): Task {
  return {
    id: task.id,
    task_id: task.id,
    task_name: task.name,
    status: apiTaskStatus(task.status),
    input_mode: task.inputMode,
    prompt: task.prompt,
    ...(task.summary !== undefined && { summary: task.summary }),
    ...waitingView(task),
    ...(task.rerunOf !== undefined && { rerun_of: task.rerunOf }),
    ...(task.image !== undefined && { image: task.image }),
    ...(task.envNames !== undefined && { env_names: [...task.envNames] }),
    ...(task.secrets !== undefined && { secrets: [...task.secrets] }),
    ...(task.projectId !== undefined && { project_id: task.projectId }),
    attachments: task.attachments.toSorted(byPath).map(attachmentView),
    ...(task.args !== undefined && { args: [...task.args] }),
    ...(task.folder !== undefined && { folder: task.folder }),
    ...(task.workspace !== undefined && { workspace: task.workspace }),
    created_at: task.createdAt.toISOString(),
    updated_at: task.updatedAt.toISOString(),
    ...courseView(task),
  };
}
