import { link, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CodedError } from '@cynodeai/runtime/std';
import { CliError } from '../base/cli-error.ts';

function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  return typeof code === 'string' ? code : 'unknown fault';
}

async function fill(path: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  await using file = await open(path, 'wx');
  for await (const chunk of chunks) await file.writeFile(chunk);
  await file.sync();
}

/**
 * Writes a file that appears whole or not at all: beside its place first, then moved. Folders on the way are made.
 * Contract 05 section 7.8. @throws CliError `usage` when the file exists and shall not be replaced, `internal` for a
 * fault of the disk, and what `chunks` throws; nothing of it is left then.
 */
export async function saveFile(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
  { replace }: { readonly replace: boolean },
): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.${crypto.randomUUID()}.part`);
  try {
    await mkdir(folder, { recursive: true });
    await fill(temporary, chunks);
    if (replace) {
      await rename(temporary, path);
      return;
    }
    // Unlike a rename a link never takes the place of a file that came meanwhile.
    await link(temporary, path);
    await rm(temporary);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {});
    if (cause instanceof CodedError || !(cause instanceof Error) || !('syscall' in cause)) {
      throw cause;
    }
    if (cause.syscall === 'link' && codeOf(cause) === 'EEXIST') {
      throw new CliError('usage', `${path} exists; add --force to replace it`, { cause });
    }
    const text = `cannot write ${basename(path)} into ${folder}: ${codeOf(cause)}`;
    throw new CliError('internal', text, { cause });
  }
}
