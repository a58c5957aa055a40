import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { LauncherError } from '../base/launcher-error.ts';

/** A held lock; releasing it twice is harmless. */
export interface Lock extends AsyncDisposable {
  release(): Promise<void>;
}

/**
 * Takes an exclusive lock on a file and waits for it. A small process holds it through the kernel and ends with ours,
 * however ours ends, so that a lock can never be left behind.
 * @param onWait called when somebody else holds it.
 * @throws LauncherError `interrupted` when the signal fires while waiting; `setup` without `flock`.
 */
export async function takeLock(
  path: string,
  options: { readonly signal?: AbortSignal; readonly onWait?: () => void } = {},
): Promise<Lock> {
  // In a session of its own: a Ctrl-C for us must not drop the lock before we are done.
  const holder = spawn('flock', ['--exclusive', path, 'sh', '-c', 'echo held; exec cat'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
  });
  const ended = once(holder, 'close').catch(() => {});
  const release = async (): Promise<void> => {
    holder.stdin.destroy();
    await ended;
  };
  const held = once(holder.stdout, 'data').then(() => 'held' as const);
  const lost = ended.then(() => 'ended' as const);
  const aborted = options.signal && abortOf(options.signal);
  const late = setTimeout(() => options.onWait?.(), 300);
  try {
    const outcome = await Promise.race([held, lost, ...(aborted ? [aborted.promise] : [])]);
    if (outcome === 'held') return { release, [Symbol.asyncDispose]: release };
    holder.kill('SIGKILL');
    await ended;
    if (outcome === 'aborted') throw new LauncherError('interrupted', 'interrupted');
    throw new LauncherError(
      'setup',
      `cannot lock ${path}; is the program flock (util-linux) there?`,
    );
  } finally {
    clearTimeout(late);
    aborted?.forget();
  }
}

function abortOf(signal: AbortSignal): {
  readonly promise: Promise<'aborted'>;
  readonly forget: () => void;
} {
  const { promise, resolve } = Promise.withResolvers<'aborted'>();
  const fire = (): void => resolve('aborted');
  if (signal.aborted) fire();
  signal.addEventListener('abort', fire, { once: true });
  return { promise, forget: () => signal.removeEventListener('abort', fire) };
}
