import type { NewArtifact } from '../../../ports/tasks.ts';
import type { Executor } from '../database.ts';

/** Rows of blobs that are stored already. Contract 02 section 9. */
export async function insertArtifacts(
  db: Executor,
  artifacts: readonly NewArtifact[],
): Promise<void> {
  if (artifacts.length === 0) return;
  await db
    .insertInto('task_artifacts')
    .values(
      artifacts.map((artifact) => ({
        id: artifact.id,
        task_id: artifact.taskId,
        path: artifact.path,
        storage_ref: artifact.storageRef,
        size_bytes: artifact.sizeBytes,
        content_type: artifact.contentType ?? null,
        checksum_sha256: artifact.sha256,
        created_at: artifact.at,
        updated_at: artifact.at,
      })),
    )
    .execute();
}
