import { OrchestratorError } from '../../domain/errors.ts';
import type { UserActor } from '../../domain/identity/actor.ts';
import type { OpenBlob } from '../../ports/blobs.ts';
import { findTask } from './find-task.ts';
import { type ArtifactDeps, artifactName, unknownContentType } from './list-artifacts.ts';

/** A file of a task, opened. */
export interface OpenArtifact extends OpenBlob {
  readonly taskId: string;
  readonly name: string;
  /** As whoever made the file named it: not to be trusted. */
  readonly contentType: string;
}

/**
 * Opens a file of a task the caller may read; whoever gets it closes it.
 * See docs/reference/tasks-and-jobs.md#artifacts.
 * @throws OrchestratorError `task_unknown`, `artifact_unknown`
 */
export async function openArtifact(
  deps: Pick<ArtifactDeps, 'tasks' | 'artifacts' | 'blobs'>,
  actor: UserActor,
  { id, artifactId }: { readonly id: string; readonly artifactId: string },
): Promise<OpenArtifact> {
  const task = await findTask(deps.tasks, actor, id);
  const artifact = await deps.artifacts.find(task.id, artifactId);
  if (artifact === undefined) {
    throw new OrchestratorError(
      'artifact_unknown',
      'the task has no such file; list its artifacts',
    );
  }
  return {
    ...(await deps.blobs.open(artifact.storageRef)),
    taskId: task.id,
    name: artifactName(artifact.path),
    contentType: artifact.contentType ?? unknownContentType,
  };
}
