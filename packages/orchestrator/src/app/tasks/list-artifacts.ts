import { limits } from '@cynodeai/contracts/common';
import type { TaskArtifact, TaskArtifactList } from '@cynodeai/contracts/gateway';
import type { UserActor } from '../../domain/identity/actor.ts';
import { type Seal, decodeCursor, encodeCursor } from '../../domain/tasks/page-cursor.ts';
import type { ArtifactReader, ArtifactRecord } from '../../ports/artifacts.ts';
import type { BlobOpener } from '../../ports/blobs.ts';
import type { TaskReader } from '../../ports/tasks.ts';
import { findTask } from './find-task.ts';

export interface ArtifactDeps {
  readonly tasks: Pick<TaskReader, 'find'>;
  readonly artifacts: ArtifactReader;
  readonly blobs: BlobOpener;
  readonly seal: Seal;
}

/** Type of a file nobody named one for. */
export const unknownContentType = 'application/octet-stream';

/** Last part of an artifact's path. */
export function artifactName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function artifactView(artifact: ArtifactRecord): TaskArtifact {
  return {
    artifact_id: artifact.id,
    name: artifactName(artifact.path),
    path: artifact.path,
    content_type: artifact.contentType ?? unknownContentType,
    size_bytes: artifact.sizeBytes,
    created_at: artifact.createdAt.toISOString(),
    ...(artifact.executable && { executable: true }),
  };
}

/**
 * One page of the files of a task the caller may read, newest first.
 * See docs/reference/tasks-and-jobs.md#artifacts.
 * @throws OrchestratorError `task_unknown`, `input_invalid` for a cursor that was not made here
 */
export async function listArtifacts(
  deps: Pick<ArtifactDeps, 'tasks' | 'artifacts' | 'seal'>,
  actor: UserActor,
  request: {
    readonly id: string;
    readonly limit?: number | undefined;
    readonly cursor?: string | undefined;
  },
): Promise<TaskArtifactList> {
  const limit = request.limit ?? limits.pageDefault;
  const after = request.cursor === undefined ? undefined : decodeCursor(request.cursor, deps.seal);
  const task = await findTask(deps.tasks, actor, request.id);
  const found = await deps.artifacts.list({ taskId: task.id, after, limit: limit + 1 });
  const page = found.slice(0, limit);
  const last = page.at(-1);
  return {
    task_id: task.id,
    task_name: task.name,
    artifacts: page.map(artifactView),
    ...(found.length > limit && last && { next_cursor: encodeCursor(last, deps.seal) }),
  };
}
