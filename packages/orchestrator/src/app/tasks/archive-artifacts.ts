import type { UserActor } from '../../domain/identity/actor.ts';
import type { ArtifactRecord } from '../../ports/artifacts.ts';
import type { ArchiveFile } from '@cynodeai/runtime/std';
import { findTask } from './find-task.ts';
import type { ArtifactDeps } from './list-artifacts.ts';

/** Rows that are read at a time. */
const pageRows = 500;

/** What the jobs of a task left, to be packed. */
export interface TaskArchive {
  readonly taskId: string;
  readonly taskName: string;
  /** By path; each is read before the next is asked for. */
  readonly files: AsyncGenerator<ArchiveFile, void>;
}

type FileDeps = Pick<ArtifactDeps, 'artifacts' | 'blobs'>;

async function* rowsOf({ artifacts }: FileDeps, taskId: string): AsyncGenerator<ArtifactRecord> {
  let after: string | undefined;
  do {
    const page = await artifacts.listLeft({ taskId, after, limit: pageRows });
    yield* page;
    after = page.length < pageRows ? undefined : page.at(-1)?.path;
  } while (after !== undefined);
}

async function* filesOf(deps: FileDeps, taskId: string): AsyncGenerator<ArchiveFile, void> {
  for await (const { path, storageRef, executable } of rowsOf(deps, taskId)) {
    const blob = await deps.blobs.open(storageRef);
    try {
      yield { name: path, executable, ...blob };
    } finally {
      await blob.close();
    }
  }
}

/**
 * The files that jobs of a task left, without what the user sent with it.
 * See docs/reference/tasks-and-jobs.md#artifacts.
 * @throws OrchestratorError `task_unknown`
 */
export async function archiveArtifacts(
  deps: Pick<ArtifactDeps, 'tasks' | 'artifacts' | 'blobs'>,
  actor: UserActor,
  { id }: { readonly id: string },
): Promise<TaskArchive> {
  const task = await findTask(deps.tasks, actor, id);
  return { taskId: task.id, taskName: task.name, files: filesOf(deps, task.id) };
}
