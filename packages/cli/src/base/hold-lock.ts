import type { Lock } from '@cynodeai/runtime/files';
import { CliError } from './cli-error.ts';

/** How long another program may take: longer than one call to the gateway and a write, ms. */
const lockWaitMs = 45_000;

/** Takes the lock of what others write too. @throws CliError `internal`; the signal's reason when it fires */
export async function holdLock(path: string, who: string, signal?: AbortSignal): Promise<Lock> {
  const { LockError, takeLock } = await import('@cynodeai/runtime/files');
  try {
    return await takeLock(path, { waitMs: lockWaitMs, ...(signal && { signal }) });
  } catch (error) {
    if (!(error instanceof LockError)) throw error;
    const name = error.holder === undefined ? who : `${who} (${error.holder})`;
    const text =
      error.code === 'held'
        ? `${name} holds ${path}; try again when it has ended`
        : `cannot create the lock ${path}`;
    throw new CliError('internal', text, { cause: error });
  }
}
