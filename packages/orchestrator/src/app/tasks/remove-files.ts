import type { Log } from '@cynodeai/runtime/observe';
import { messageOf } from '@cynodeai/runtime/std';
import type { BlobRemover } from '../../ports/blobs-writer.ts';
import type { RemovedTasks } from '../../ports/tasks.ts';

export interface RemoveFilesDeps {
  readonly blobs: BlobRemover;
  readonly log: Log;
}

/** Once the rows are gone nobody finds the files; one that stays is swept like any other that nobody holds. */
export async function removeFiles(
  { blobs, log }: RemoveFilesDeps,
  { files }: RemovedTasks,
): Promise<void> {
  const stays = (fault: unknown, more: object): void =>
    log.warn('a file of a removed task stays until it is swept', {
      ...more,
      error: messageOf(fault),
    });
  const refs = files.map(({ storageRef }) => storageRef);
  try {
    await blobs.removeUnused(refs, (ref, fault) => stays(fault, { storage_ref: ref }));
  } catch (error) {
    stays(error, { files: refs.length });
  }
}
