import { type Transaction, sql } from 'kysely';
import { releaseClaims } from '../artifacts/blob-index.ts';
import { storableJson } from '../../../domain/jobs/job-result.ts';
import type { EndedJob } from '../../../ports/job-ends.ts';
import type { Database } from '../tables.ts';

/** What jobs left becomes files of their tasks; one of the same path gives way. */
export async function insertArtifacts(
  trx: Transaction<Database>,
  jobs: readonly EndedJob[],
): Promise<void> {
  const rows = jobs.flatMap(({ taskId, jobId, artifacts = [] }) =>
    artifacts.map((artifact) => ({
      id: artifact.id,
      task_id: taskId,
      job_id: jobId,
      path: artifact.path,
      storage_ref: artifact.storageRef,
      size_bytes: artifact.sizeBytes,
      content_type: artifact.contentType ?? null,
      checksum_sha256: artifact.sha256,
      executable: artifact.executable,
    })),
  );
  if (rows.length === 0) return;
  // Two jobs of one task may end together: the later one wins.
  const last = new Map(rows.map((row) => [`${row.task_id} ${row.path}`, row]));
  await sql`
    insert into task_artifacts (id, task_id, job_id, path, storage_ref, size_bytes, content_type, checksum_sha256,
                                executable)
    select a.id, a.task_id, a.job_id, a.path, a.storage_ref, a.size_bytes, a.content_type, a.checksum_sha256,
           a.executable
      from jsonb_to_recordset(${JSON.stringify(storableJson([...last.values()]))}::jsonb)
        as a (id uuid, task_id uuid, job_id uuid, path text, storage_ref text, size_bytes bigint, content_type text,
              checksum_sha256 text, executable boolean)
    on conflict (task_id, path) do update
      set id = excluded.id, job_id = excluded.job_id, storage_ref = excluded.storage_ref,
          size_bytes = excluded.size_bytes, content_type = excluded.content_type,
          checksum_sha256 = excluded.checksum_sha256, executable = excluded.executable,
          created_at = excluded.created_at, updated_at = excluded.updated_at
  `.execute(trx);
  const claims = jobs.flatMap(({ artifacts = [] }) => artifacts.map(({ claim }) => claim));
  await releaseClaims(trx, claims);
}
