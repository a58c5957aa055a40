import { lstat, rm } from 'node:fs/promises';
import { mustRun, runCommand } from '@cynodeai/runtime/process';

/** A job may leave millions of files. */
export const removeTreeLimitMs = 300_000;

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

/**
 * Removes a tree whatever is in it: the quick way first, then the system's `rm`, which also takes paths that are too
 * long for one call, then as root of an engine's user namespace where there is one, for files of mapped ids or without
 * permissions. @throws CommandError when something is left
 */
export async function removeTree(
  path: string,
  asEngineRoot?: (program: string, args: readonly string[]) => Promise<unknown>,
): Promise<void> {
  if (!(await exists(path))) return;
  await rm(path, { recursive: true, force: true }).catch(() => {});
  if (!(await exists(path))) return;
  const args = ['-rf', '--one-file-system', '--', path];
  await runCommand('rm', args, { timeoutMs: removeTreeLimitMs });
  if (!(await exists(path))) return;
  if (asEngineRoot !== undefined) {
    await asEngineRoot('rm', args);
    if (!(await exists(path))) return;
  }
  await mustRun('rm', args, { timeoutMs: removeTreeLimitMs });
}
