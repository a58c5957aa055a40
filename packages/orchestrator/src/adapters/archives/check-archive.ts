import { jobFolderName, limits } from '@cynodeai/contracts/common';
import { TreeError, TreeReader, type TreeSink, type TreeSize } from '@cynodeai/runtime/archive';
import { OrchestratorError } from '../../domain/errors.ts';
import { folderSizeKey } from '../../domain/tasks/folder.ts';
import type { CheckArchive } from '../../ports/folders.ts';

/** Here an archive is looked through, and stays as it is. */
const nowhere: TreeSink = {
  file: () => {},
  bytes: () => {},
  fileEnd: () => {},
  link: () => {},
  folder: () => {},
};

/** Tar archives. See docs/reference/folders.md#the-archive. */
export const checkTar: CheckArchive = (chunks, maxBytes) => {
  const most = { bytes: maxBytes, entries: limits.folderEntries, reserved: jobFolderName };
  const reader = new TreeReader(most, nowhere);
  let size: TreeSize | undefined;
  return {
    bytes: async function* () {
      try {
        for await (const chunk of chunks) {
          reader.write(chunk);
          yield chunk;
        }
        size = reader.end();
      } catch (error) {
        if (!(error instanceof TreeError)) throw error;
        const code = error.code === 'invalid' ? 'input_invalid' : 'input_too_large';
        const how =
          error.code === 'too_large' ? `; an administrator may change ${folderSizeKey}` : '';
        throw new OrchestratorError(code, `${error.message}${how}`, { cause: error });
      }
    },
    size: () => {
      if (size === undefined) throw new Error('the archive was not read to its end');
      return size;
    },
  };
};
