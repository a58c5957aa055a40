import { sql } from 'kysely';
import type { AgentArtifactReader, StoredAgentArtifact } from '../../../ports/agent-views.ts';
import type { ArtifactWriter, NewAgentArtifact } from '../../../ports/tool-effects.ts';
import { releaseClaims } from '../artifacts/blob-index.ts';
import type { Executor } from '../database.ts';

interface Row {
  readonly id: string;
  readonly path: string;
  readonly storage_ref: string;
  readonly size_bytes: number | null;
  readonly content_type: string | null;
  readonly checksum_sha256: string | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

const columns = sql`id, path, storage_ref, size_bytes, content_type, checksum_sha256, created_at, updated_at`;

function viewOf(row: Row): StoredAgentArtifact {
  return {
    artifact_id: row.id,
    path: row.path,
    storageRef: row.storage_ref,
    size_bytes: row.size_bytes ?? 0,
    content_type: row.content_type,
    checksum_sha256: row.checksum_sha256,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}

/** Files of tasks as agents read them. */
export function postgresAgentArtifactReader(db: Executor): AgentArtifactReader {
  return {
    find: async (taskId, path) => {
      const { rows } = await sql<Row>`
        select ${columns} from task_artifacts where task_id = ${taskId}::uuid and path = ${path}`.execute(
        db,
      );
      return rows[0] && viewOf(rows[0]);
    },
    list: async (taskId, { prefix, after, limit }) => {
      const { rows } = await sql<Row>`
        select ${columns} from task_artifacts
         where task_id = ${taskId}::uuid and starts_with(path, ${prefix})
           and (${after ?? null}::text is null or path collate "C" > ${after ?? null})
         order by path collate "C" limit ${limit}`.execute(db);
      return rows.map(viewOf);
    },
  };
}

async function put(db: Executor, file: NewAgentArtifact) {
  const { rows } = await sql<Row & { readonly created: boolean }>`
    insert into task_artifacts (task_id, run_id, job_id, path, storage_ref, size_bytes, content_type, checksum_sha256,
                                created_at, updated_at)
    values (${file.taskId}::uuid, ${file.runId ?? null}::uuid, ${file.jobId ?? null}::uuid, ${file.path},
            ${file.storageRef}, ${file.sizeBytes}, ${file.contentType ?? null}, ${file.sha256}, ${file.at}, ${file.at})
    on conflict (task_id, path) do update
       set storage_ref = excluded.storage_ref, size_bytes = excluded.size_bytes, run_id = excluded.run_id,
           job_id = excluded.job_id, content_type = excluded.content_type, checksum_sha256 = excluded.checksum_sha256,
           executable = false, updated_at = excluded.updated_at
    returning ${columns}, xmax = 0 as created`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error('a stored file gave no row');
  await releaseClaims(db, [file.claim]);
  const { storageRef: _storageRef, ...view } = viewOf(row);
  return { ...view, created: row.created };
}

/** Files of tasks as agents store them; the bytes are stored before. */
export function postgresArtifactWriter(db: Executor): ArtifactWriter {
  return { put: (artifact) => put(db, artifact) };
}
