import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { sleep } from '@cynodeai/runtime/lifecycle';
import { WorkerError } from '../../../domain/errors.ts';

const waitLimitMs = 120_000;
const pauseMs = 50;
/** How long a lock may be without an owner: the moment between making it and writing it. */
const ownerlessMs = 2000;

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * Runs `action` while no other process of this install does; the lock of a process that is gone is taken over.
 * @throws WorkerError `engine_unusable` when the lock is not free within 120 s
 */
export async function withLock<T>(dir: string, action: () => Promise<T>): Promise<T> {
  const ownerFile = join(dir, 'pid');
  const deadline = Date.now() + waitLimitMs;
  let ownerlessSince: number | undefined;
  for (;;) {
    try {
      await mkdir(dir, { mode: 0o700 });
      break;
    } catch {
      const owner = Number(await readFile(ownerFile, 'utf8').catch(() => ''));
      if (owner === 0) ownerlessSince ??= Date.now();
      else ownerlessSince = undefined;
      const stale = owner === 0 ? Date.now() - (ownerlessSince ?? 0) > ownerlessMs : !alive(owner);
      if (stale) await rm(dir, { recursive: true, force: true });
      else await sleep(pauseMs);
    }
    if (Date.now() > deadline) {
      throw new WorkerError('engine_unusable', `${dir} is held by another process; end it first`);
    }
  }
  try {
    await writeFile(ownerFile, String(process.pid));
    return await action();
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
