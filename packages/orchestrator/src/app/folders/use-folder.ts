import type { Clock } from '@cynodeai/runtime/std';
import { OrchestratorError } from '../../domain/errors.ts';
import type { UserActor } from '../../domain/identity/actor.ts';
import { archiveHash } from '../../domain/tasks/folder.ts';
import type { FolderRecord, Folders } from '../../ports/folders.ts';

export interface UseFolderDeps {
  readonly folders: Pick<Folders, 'use'>;
  readonly clock: Clock;
}

/**
 * A folder the caller sent, by its name; another's is one that nobody has.
 * See docs/reference/folders.md#the-archive. @throws OrchestratorError `folder_unknown`
 */
export async function useFolder(
  { folders, clock }: UseFolderDeps,
  { userId }: Pick<UserActor, 'userId'>,
  folder: string,
): Promise<FolderRecord> {
  const found = await folders.use(userId, archiveHash(folder), clock.now());
  if (found !== undefined) return found;
  throw new OrchestratorError('folder_unknown', 'no such folder is stored for you; send it again', {
    field: 'folder',
  });
}
