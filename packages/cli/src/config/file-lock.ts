import { lstat, readlink, rename, rm, symlink } from 'node:fs/promises';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { CliError } from '../cli-error.ts';

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

/** Only one of several who found it stale can move it away. */
async function breakLock(path: string): Promise<void> {
  const aside = `${path}.${crypto.randomUUID()}`;
  await rename(path, aside).catch(() => {});
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
