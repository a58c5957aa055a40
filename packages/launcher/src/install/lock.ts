import { type Lock, type LockOptions, takeLock as take } from '@cynodeai/runtime/files';
import { messageOf } from '@cynodeai/runtime/std';
import { LauncherError } from '../base/launcher-error.ts';

/**
 * Takes an exclusive lock of the install and waits for it; it ends with this process, however that ends.
 * @param onWait called when somebody else holds it.
 * @throws LauncherError `interrupted` when the signal fires while waiting; `setup` when its file cannot be used.
 */
export async function takeLock(
  path: string,
  options: Pick<LockOptions, 'signal' | 'onWait'> = {},
): Promise<Lock> {
  try {
    return await take(path, options);
  } catch (cause) {
    if (options.signal?.aborted) throw new LauncherError('interrupted', 'interrupted', { cause });
    throw new LauncherError('setup', messageOf(cause), { cause });
  }
}
