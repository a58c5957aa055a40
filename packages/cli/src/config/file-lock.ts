import { lstat, readlink, rename, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { CliError } from '../base/cli-error.ts';

const waitMs = 45_000;
const pollMs = 25;
/** Longer than any holder may work: one call to the gateway and a write. */
const staleMs = 60_000;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && Reflect.get(error, 'code') === 'EPERM';
  }
}

async function isStale(path: string): Promise<boolean> {
  try {
    const pid = Number(await readlink(path));
    const { mtimeMs } = await lstat(path);
    return !isAlive(pid) || Date.now() - mtimeMs > staleMs;
  } catch {
    return false;
  }
}

/** A symbolic link whose target is the holder's pid: it appears with its content or not at all. */
async function tryAcquire(path: string): Promise<boolean> {
  try {
    await symlink(String(process.pid), path);
    return true;
  } catch (cause) {
    if (cause instanceof Error && Reflect.get(cause, 'code') === 'EEXIST') return false;
    throw new CliError('internal', `cannot create the lock ${path}`, { cause });
  }
}

/**
 * Moves a stale lock away. Whoever was slow and moved a fresh one puts it back. The name is one that writers of the
 * locked file clear away, should this process be killed here.
 */
async function breakLock(path: string): Promise<void> {
  const aside = join(dirname(path), `.${basename(path)}.tmp`);
  try {
    await rename(path, aside);
    if (!(await isStale(aside))) await symlink(await readlink(aside), path);
  } catch {
    // Somebody else was faster; the next look at the lock tells.
  }
  await rm(aside, { force: true });
}

/**
 * Runs `work` while holding a lock that names this process; a lock whose holder is gone is taken over.
 * @throws CliError `internal` when it stays held for 45 s.
 */
export async function withFileLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + waitMs;
  while (!(await tryAcquire(path))) {
    if (await isStale(path)) await breakLock(path);
    else if (performance.now() > deadline) {
      throw new CliError('internal', `another cynork holds ${path}; remove it if none is running`);
    } else await delay(pollMs);
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}
