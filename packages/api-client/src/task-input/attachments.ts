import { type InlineAttachment, attachmentNameSchema, limits } from '@cynodeai/contracts';
import { basename } from 'node:path';
import { readCheckedFile } from './checked-file.ts';
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
    if (!attachmentNameSchema.safeParse(name).success) {
      throw new TaskInputError(
        `${path} cannot be attached: its name must not start with a dot, hold a backslash or exceed ${limits.attachmentNameBytes} bytes`,
      );
    }
    if (seen.has(name)) {
      throw new TaskInputError(`two attachments are named ${name}; rename one of them`);
    }
    seen.add(name);
  }
}

/**
 * The bytes of every file, in order, as they travel inside the JSON body.
 * @throws TaskInputError on a name, count, size or file kind the contract refuses. Contract 05 section 7.1.
 */
export async function readAttachments(paths: readonly string[]): Promise<InlineAttachment[]> {
  checkNames(paths);
  const attachments: InlineAttachment[] = [];
  for (const path of paths) {
    const bytes = await readCheckedFile(path, limits.attachmentBytes);
    const name = basename(path);
    attachments.push({
      name,
      content_type: mediaTypeOf(name),
      content_base64: bytes.toString('base64'),
    });
  }
  return attachments;
}
