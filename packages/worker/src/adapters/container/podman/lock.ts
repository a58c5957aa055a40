import { LockError, withLock } from '@cynodeai/runtime/files';
import { WorkerError } from '../../../domain/errors.ts';

const waitLimitMs = 120_000;

/**
 * Runs `action` while no other process of this install does, under the lock of a file.
 * @throws WorkerError `engine_unusable` when it is not free within 120 s, and what `action` throws
 */
export async function withEngineLock<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await withLock(path, action, { waitMs: waitLimitMs });
  } catch (cause) {
    if (!(cause instanceof LockError)) throw cause;
    const fix = cause.code === 'held' ? '; end it first' : '';
    throw new WorkerError('engine_unusable', `${cause.message}${fix}`, { cause });
  }
}
