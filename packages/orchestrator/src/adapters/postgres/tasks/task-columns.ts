import type { InputMode } from '@cynodeai/contracts/gateway';
import { type RawBuilder, sql } from 'kysely';
import { type AttachmentRecord, type TaskRecord } from '../../../domain/tasks/task-record.ts';
import type { StoredTaskStatus } from '../../../domain/tasks/task-status.ts';

/** A task as `taskColumns` selects it. */
export interface TaskRow {
  readonly id: string;
  readonly created_by: string;
  readonly project_id: string | null;
  readonly name: string | null;
  readonly status: StoredTaskStatus;
  readonly input_mode: InputMode;
  readonly prompt: string | null;
  readonly summary: string | null;
  readonly waiting_reason: string | null;
  readonly waiting_text: string | null;
  readonly image: string | null;
  readonly env_names: readonly string[] | null;
  readonly secrets: readonly string[] | null;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly started_at: Date | null;
  readonly ended_at: Date | null;
  readonly exit_code: number | null;
  readonly binary: readonly ('stdout' | 'stderr')[] | null;
  readonly folder: string | null;
  readonly workspace: string | null;
  readonly rerun_of: string | null;
  readonly args: readonly string[] | null;
  readonly attachments: readonly AttachmentRecord[];
}

/** Columns of a task `t` with what the user sent along. */
export const taskColumns: RawBuilder<TaskRow> = sql`
  t.id, t.created_by, t.project_id, t.name, t.status, t.input_mode, t.prompt, t.summary, t.created_at, t.updated_at,
  t.metadata ->> 'waiting_reason' as waiting_reason, t.metadata ->> 'waiting_text' as waiting_text,
  t.metadata ->> 'image' as image, t.metadata -> 'env_names' as env_names,
  t.metadata -> 'secrets' as secrets, t.metadata ->> 'folder' as folder, t.metadata ->> 'rerun_of' as rerun_of,
  t.metadata ->> 'workspace' as workspace, t.ended_at, t.metadata -> 'exit_code' as exit_code,
  t.metadata -> 'binary' as binary, t.metadata -> 'args' as args,
  (select min(j.started_at) from jobs j where j.task_id = t.id) as started_at,
  coalesce((
    select jsonb_agg(jsonb_build_object('artifactId', a.id, 'path', a.path, 'sizeBytes', coalesce(a.size_bytes, 0))
                     || case when a.content_type is null then '{}'
                             else jsonb_build_object('contentType', a.content_type) end)
      from task_artifacts a
     where a.task_id = t.id and starts_with(a.path, 'upload/')), '[]') as attachments`;

export function taskOf(row: TaskRow): TaskRecord {
  return {
    id: row.id,
    createdBy: row.created_by,
    projectId: row.project_id ?? undefined,
    name: row.name ?? 'task',
    status: row.status,
    inputMode: row.input_mode,
    prompt: row.prompt ?? '',
    summary: row.summary ?? undefined,
    waitingReason: row.waiting_reason ?? undefined,
    waitingText: row.waiting_text ?? undefined,
    ...(row.image !== null && { image: row.image }),
    ...(row.rerun_of !== null && { rerunOf: row.rerun_of }),
    ...(row.args !== null && { args: row.args }),
    ...(row.folder !== null && { folder: row.folder }),
    ...(row.workspace !== null && { workspace: row.workspace }),
    ...(row.env_names !== null && { envNames: row.env_names }),
    ...(row.secrets !== null && { secrets: row.secrets }),
    attachments: row.attachments,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    startedAt: row.started_at ?? undefined,
    endedAt: row.ended_at ?? undefined,
    exitCode: row.exit_code ?? undefined,
    ...(row.binary !== null && { binary: row.binary }),
  };
}
