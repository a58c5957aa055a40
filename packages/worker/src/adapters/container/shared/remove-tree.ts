import { exists } from '@cynodeai/runtime/files';
import { mustRun, runCommand } from '@cynodeai/runtime/process';

/** A job may leave millions of files. */
export const removeTreeLimitMs = 300_000;

/**
 * Removes a tree whatever is in it, by the system's `rm`: it goes from folder to folder by descriptors, so that it
 * follows no link, not even one that takes a folder's place meanwhile, and no path is too long for it. Node's own goes
 * by paths. What is left goes as root of an engine's user namespace where there is one, for files of mapped ids or
 * without permissions. @throws CommandError when something is left
 */
export async function removeTree(
  path: string,
  asEngineRoot?: (program: string, args: readonly string[]) => Promise<unknown>,
): Promise<void> {
  const args = ['-rf', '--one-file-system', '--', path];
  if (!(await exists(path))) return;
  await runCommand('rm', args, { timeoutMs: removeTreeLimitMs });
  if (!(await exists(path))) return;
  if (asEngineRoot !== undefined) {
    await asEngineRoot('rm', args);
    if (!(await exists(path))) return;
  }
  await mustRun('rm', args, { timeoutMs: removeTreeLimitMs });
}
