import { sql } from 'kysely';
import type { MemoryReader } from '../../../ports/agent-views.ts';
import type { JobMemory, MemoryWriter } from '../../../ports/tool-effects.ts';
import type { Executor } from '../database.ts';

interface Row {
  readonly task_id: string;
  readonly job_id: string;
  readonly key: string;
  readonly summary: string | null;
  readonly size_bytes: number;
}

/** What jobs remember, read. */
export function postgresMemoryReader(db: Executor): MemoryReader {
  return {
    find: async (jobId, key) => {
      const { rows } = await sql<Pick<JobMemory, 'key' | 'content'>>`
        select key, content from job_memories where job_id = ${jobId}::uuid and key = ${key}`.execute(
        db,
      );
      return rows[0];
    },
    list: async (jobId, { prefix, after, limit }) => {
      const { rows } = await sql<Row>`
        select task_id, job_id, key, summary, size_bytes from job_memories
         where job_id = ${jobId}::uuid and starts_with(key, ${prefix})
           and (${after ?? null}::text is null or key collate "C" > ${after ?? null})
         order by key collate "C" limit ${limit}`.execute(db);
      return rows.map((row) => ({
        taskId: row.task_id,
        jobId: row.job_id,
        key: row.key,
        summary: row.summary ?? undefined,
        sizeBytes: row.size_bytes,
      }));
    },
  };
}

/** What jobs remember, changed. */
export function postgresMemoryWriter(db: Executor): MemoryWriter {
  return {
    others: async (jobId, key) => {
      await sql`select pg_advisory_xact_lock(hashtextextended(${`memory:${jobId}`}, 0))`.execute(
        db,
      );
      const { rows } = await sql<{ readonly entries: number; readonly bytes: number }>`
        select count(*) as entries, coalesce(sum(size_bytes), 0)::bigint as bytes from job_memories
         where job_id = ${jobId}::uuid and key <> ${key}`.execute(db);
      return rows[0] ?? { entries: 0, bytes: 0 };
    },
    put: async ({ taskId, jobId, key, content, summary, sizeBytes }, at) => {
      await sql`
        insert into job_memories (job_id, task_id, key, content, summary, size_bytes, created_at, updated_at)
        values (${jobId}::uuid, ${taskId}::uuid, ${key}, ${content}, ${summary ?? null}, ${sizeBytes}, ${at}, ${at})
        on conflict (job_id, key) do update
           set content = excluded.content, summary = excluded.summary, size_bytes = excluded.size_bytes,
               updated_at = excluded.updated_at`.execute(db);
    },
    remove: async (jobId, key) => {
      const { numAffectedRows = 0n } = await sql`
        delete from job_memories where job_id = ${jobId}::uuid and key = ${key}`.execute(db);
      return numAffectedRows > 0n;
    },
  };
}

/** Forgets what jobs remembered that have ended; says how many entries. */
export async function forgetEndedJobs(db: Executor): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    delete from job_memories m using jobs j
     where j.id = m.job_id and j.status in ('completed', 'failed', 'canceled')`.execute(db);
  return Number(numAffectedRows);
}
