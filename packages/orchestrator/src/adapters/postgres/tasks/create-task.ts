import { type RawBuilder, sql } from 'kysely';
import type { CreationResult, NewArtifact, TaskCreation } from '../../../ports/tasks.ts';
import { gatewayAuditInsert } from '../audit/gateway-audit.ts';
import type { Executor } from '../database.ts';
import { channels } from '../notifications.ts';
import { taskEventsInsert } from '../task-events.ts';
import { answerUpdate, claimedKey } from './idempotency-keys.ts';

/** Files as `jsonb_to_recordset` takes them. */
function artifactRows(artifacts: readonly NewArtifact[]): string {
  return JSON.stringify(
    artifacts.map((artifact) => ({
      id: artifact.id,
      path: artifact.path,
      storage_ref: artifact.storageRef,
      size_bytes: artifact.sizeBytes,
      content_type: artifact.contentType ?? null,
      checksum_sha256: artifact.sha256,
    })),
  );
}

/** The workspace of that name, made with the task `task` or locked, so that whoever deletes it sees the job or it the deletion. */
function workspaceUpsert(ownerId: string, name: string, at: Date): RawBuilder<unknown> {
  return sql`
      insert into workspaces (owner_id, name, created_at, updated_at)
      select ${ownerId}::uuid, ${name}, ${at}::timestamptz, ${at}::timestamptz from task
      on conflict (owner_id, name) do update set updated_at = excluded.updated_at
      returning id`;
}

/**
 * A task with its files, first job, first events, audit row and kept answer, in one statement, so
 * that a creation is one round trip and one commit; dispatchers and waiters are told at the commit.
 * Nothing is written when the creator has a task of that name, or when another call took the
 * idempotency key over. See docs/reference/database.md#work-tables.
 */
export async function createTask(db: Executor, creation: TaskCreation): Promise<CreationResult> {
  const { task, job, workspace, artifacts, audit, kept } = creation;
  const { id, at } = task;
  const seen = { task_id: id, status: 'queued', at: at.toISOString() } as const;
  const events = [
    { event: 'task.status' as const, data: seen },
    ...(job === undefined
      ? []
      : [{ event: 'job.status' as const, data: { ...seen, job_id: job.id } }]),
  ];
  // What waits for a job hears of jobs, what waits for a workflow of those.
  const words = [
    sql`(${'workflow' in task.metadata ? channels.workflows : channels.jobs}, '')`,
    sql`(${channels.tasks}, ${id}::text)`,
  ];
  const isCreated = sql`exists (select from task)`;
  const claims = [...new Set(artifacts.map(({ claim }) => claim))];
  const criteria = task.acceptanceCriteria && JSON.stringify(task.acceptanceCriteria);
  const { rows } = await sql<{ readonly is_held: boolean; readonly is_created: boolean }>`
    with held as (${kept === undefined ? sql`select 1` : claimedKey(kept.claim)}),
    task as (
      insert into tasks (id, created_by, project_id, name, input_mode, prompt, description, acceptance_criteria,
                         metadata, folder_id, created_at, updated_at)
      select ${id}::uuid, ${task.createdBy}::uuid, ${task.projectId}::uuid, ${task.name}, ${task.inputMode},
             ${task.prompt}, ${task.description ?? null}, ${criteria ?? null}::jsonb,
             ${JSON.stringify(task.metadata)}::jsonb, ${task.folderId ?? null}::uuid, ${at}::timestamptz, ${at}::timestamptz
        from held
      on conflict (created_by, name) where name is not null do nothing
      returning id),
    artifacts as (
      insert into task_artifacts (id, task_id, path, storage_ref, size_bytes, content_type, checksum_sha256,
                                  created_at, updated_at)
      select a.id, task.id, a.path, a.storage_ref, a.size_bytes, a.content_type, a.checksum_sha256,
             ${at}::timestamptz, ${at}::timestamptz
        from task, jsonb_to_recordset(${artifactRows(artifacts)}::jsonb)
          as a (id uuid, path text, storage_ref text, size_bytes bigint, content_type text, checksum_sha256 text)),
    released as (${
      claims.length === 0
        ? sql`select 1`
        : sql`delete from blob_claims where claim_id = any(${claims}::uuid[]) and ${isCreated}`
    }),
    workspace as (${workspace === undefined ? sql`select null::uuid as id` : workspaceUpsert(task.createdBy, workspace, at)}),
    job as (
      insert into jobs (id, task_id, payload, workspace_id, created_at, updated_at)
      select ${job?.id ?? null}::uuid, task.id, ${JSON.stringify(job?.payload ?? null)}::jsonb, workspace.id,
             ${at}::timestamptz, ${at}::timestamptz
        from task, workspace where ${job?.id ?? null}::uuid is not null),
    events as (${taskEventsInsert(events, isCreated)}),
    audit as (${gatewayAuditInsert([audit], isCreated)}),
    answer as (${kept === undefined ? sql`select 1` : answerUpdate(kept.claim, kept.answer, isCreated)})
    select exists (select from held) as is_held, ${isCreated} as is_created,
           (select string_agg(pg_notify(word.channel, word.payload)::text, '')
              from task, (values ${sql.join(words)}) as word (channel, payload))`.execute(db);
  const [row] = rows;
  if (row?.is_created === true) return 'created';
  return row?.is_held === true ? 'name_taken' : 'key_lost';
}
