import { diskShares } from '@cynodeai/contracts/common';
import { OrchestratorError } from '../../domain/errors.ts';
import type { DiskSpace } from '../../ports/disk-space.ts';

/**
 * Refuses something new on a disk that is nearly full, so that what runs has room to end.
 * See docs/reference/tasks-and-jobs.md#create. @throws OrchestratorError `storage_full`.
 */
export async function requireRoom(disk: DiskSpace): Promise<void> {
  const share = await disk.usedShare();
  if (share === undefined || share < diskShares.full) return;
  throw new OrchestratorError(
    'storage_full',
    `the disk of tasks is ${Math.floor(share * 100)} % full, so that no new task is taken; have an administrator free space on it or remove finished tasks (cynode prune --older-than 30d), then try again`,
  );
}
