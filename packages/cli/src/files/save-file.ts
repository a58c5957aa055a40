import { mkdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import process from 'node:process';
import { writeFileAtomic } from '@cynodeai/runtime/files';
import { CodedError, errorCodeOf } from '@cynodeai/runtime/std';
import { CliError } from '../base/cli-error.ts';

/**
 * Writes a file that appears whole or not at all: beside its place first, then moved. Folders on
 * the way are made. See docs/reference/cli.md#task-commands.
 * @throws CliError `usage` when the file exists and shall not be replaced, `internal` for a fault
 * of the disk, and what `chunks` throws; nothing of it is left then.
 */
export async function saveFile(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
  { replace }: { readonly replace: boolean },
): Promise<void> {
  const folder = dirname(path);
  try {
    await mkdir(folder, { recursive: true });
    // What a user saves has the mode that the user's umask gives.
    await writeFileAtomic(path, chunks, { mode: 0o666 & ~process.umask(), replace });
  } catch (cause) {
    if (cause instanceof CodedError || !(cause instanceof Error) || !('syscall' in cause)) {
      throw cause;
    }
    if (cause.syscall === 'link' && errorCodeOf(cause) === 'EEXIST') {
      throw new CliError('usage', `${path} exists; add --force to replace it`, { cause });
    }
    const text = `cannot write ${basename(path)} into ${folder}: ${errorCodeOf(cause) ?? 'unknown fault'}`;
    throw new CliError('internal', text, { cause });
  }
}
