import { lstat, rm } from 'node:fs/promises';
import { mustRun, runCommand } from '@cynodeai/runtime/process';
import { callEngine, type EngineCommand } from './client.ts';

/** A job may leave millions of files. */
const limitMs = 300_000;

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

/**
 * Removes a tree whatever is in it: the quick way first, then the system's `rm`, which also takes paths that
 * are too long for one call, then as root of the user namespace, for files of mapped ids or without
 * permissions. @throws CommandError when something is left
 */
export async function removeTree(path: string, rootless: EngineCommand | undefined): Promise<void> {
  if (!(await exists(path))) return;
  await rm(path, { recursive: true, force: true }).catch(() => {});
  if (!(await exists(path))) return;
  const args = ['-rf', '--one-file-system', '--', path];
  await runCommand('rm', args, { timeoutMs: limitMs });
  if (!(await exists(path))) return;
  if (rootless !== undefined) {
    await callEngine(rootless, ['unshare', 'rm', ...args], { timeoutMs: limitMs });
    if (!(await exists(path))) return;
  }
  await mustRun('rm', args, { timeoutMs: limitMs });
}
