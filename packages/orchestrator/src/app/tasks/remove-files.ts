import type { Log } from '@cynodeai/runtime/observe';
import { messageOf } from '@cynodeai/runtime/std';
import type { BlobWriter } from '../../ports/blobs-writer.ts';
import type { RemovedTasks } from '../../ports/tasks.ts';

export interface RemoveFilesDeps {
  readonly blobs: Pick<BlobWriter, 'remove'>;
  readonly log: Log;
}

/** Once the rows are gone nobody finds the files; one that stays is swept like any other without a row. */
export async function removeFiles(
  { blobs, log }: RemoveFilesDeps,
  { files }: RemovedTasks,
): Promise<void> {
  for (const { storageRef } of files.filter((file) => file.storageRef.startsWith('file:'))) {
    try {
      await blobs.remove(storageRef);
    } catch (error) {
      log.warn('a file of a removed task stays until it is swept', {
        storage_ref: storageRef,
        error: messageOf(error),
      });
    }
  }
}
