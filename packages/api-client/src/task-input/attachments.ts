import { limits } from '@cynodeai/contracts/common';
import { attachmentNameSchema } from '@cynodeai/contracts/gateway';
import { basename } from 'node:path';
import type { UploadFile } from '@cynodeai/runtime/call';
import { openCheckedFile } from './checked-file.ts';
import { mediaTypeOf } from './media-type.ts';
import { TaskInputError } from './task-input-error.ts';

function checkNames(paths: readonly string[]): void {
  if (paths.length > limits.attachmentCount) {
    throw new TaskInputError(
      `${paths.length} attachments given; a task takes at most ${limits.attachmentCount}`,
    );
  }
  const seen = new Set<string>();
  for (const path of paths) {
    const name = basename(path);
    if (!attachmentNameSchema.safeParse(name).success || /[\r\n]/.test(name)) {
      throw new TaskInputError(
        `${path} cannot be attached: its name must not start with a dot, hold a backslash or a line break or exceed ${limits.attachmentNameBytes} bytes`,
      );
    }
    if (seen.has(name)) {
      throw new TaskInputError(`two attachments are named ${name}; rename one of them`);
    }
    seen.add(name);
  }
}

/** Attachments that are open until they are disposed of. */
export interface Attachments extends AsyncDisposable {
  readonly files: readonly UploadFile[];
}

/**
 * Opens every file, in order; each is read only while it is sent.
 * @throws TaskInputError on a name, count, size or file kind that is refused; nothing stays open
 * then. See docs/reference/cli.md#create-a-task.
 */
export async function openAttachments(paths: readonly string[]): Promise<Attachments> {
  checkNames(paths);
  await using opening = new AsyncDisposableStack();
  const files: UploadFile[] = [];
  for (const path of paths) {
    const file = opening.use(await openCheckedFile(path, limits.attachmentBytes));
    const name = basename(path);
    files.push({
      name,
      contentType: mediaTypeOf(name),
      sizeBytes: file.sizeBytes,
      chunks: () => file.chunks(),
    });
  }
  const open = opening.move();
  return { files, [Symbol.asyncDispose]: () => open.disposeAsync() };
}
