import process from 'node:process';
import { sleep } from '@cynodeai/runtime/lifecycle';
import { type ProcessIdentity, isAlive } from './process-identity.ts';

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended meanwhile.
  }
}

/** Waits until a process that need not be our child has ended; false when the time was not enough. */
export async function waitForEnd(target: ProcessIdentity, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (isAlive(target)) {
    if (performance.now() > deadline) return false;
    await sleep(20);
  }
  return true;
}

/**
 * Asks a process to end and waits; after `timeoutMs` it is killed with its process group.
 * @returns true when it ended of its own accord.
 */
export async function stopProcess(
  target: ProcessIdentity,
  timeoutMs: number,
  signal: NodeJS.Signals = 'SIGTERM',
): Promise<boolean> {
  if (!isAlive(target)) return true;
  send(target.pid, signal);
  if (await waitForEnd(target, timeoutMs)) return true;
  send(-target.pid, 'SIGKILL');
  send(target.pid, 'SIGKILL');
  await waitForEnd(target, 5000);
  return false;
}
