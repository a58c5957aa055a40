import { type FileHandle, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CliError } from '../base/cli-error.ts';

async function fill(file: FileHandle, text: string): Promise<void> {
  try {
    // The mode given to open is narrowed by the umask, never widened; this makes it exact.
    await file.chmod(0o600);
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Files a killed writer left behind hold tokens; under the lock nobody else can be writing one. */
async function removeLeftovers(folder: string, prefix: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.startsWith(prefix) && name.endsWith('.tmp'))
      await rm(join(folder, name), { force: true });
  }
}

async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, 'r');
  await handle.sync();
}

/**
 * Replaces a file in one step with mode 0600: readers see the old or the new text, never a mixture. Contract 05
 * section 4.1. The caller holds the lock of the file. @throws CliError `internal`; no temporary file is left then.
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  const folder = dirname(path);
  const prefix = `.${basename(path)}.`;
  const temporary = join(folder, `${prefix}${crypto.randomUUID()}.tmp`);
  try {
    await removeLeftovers(folder, prefix);
    await fill(await open(temporary, 'wx', 0o600), text);
    await rename(temporary, path);
    await syncFolder(folder);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw new CliError('internal', `cannot write the config file ${path}`, { cause });
  }
}
