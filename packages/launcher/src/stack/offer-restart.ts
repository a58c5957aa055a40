import type { Env } from '@cynodeai/runtime/config';
import type { Install } from '../install/install.ts';
import { takeLock } from '../install/lock.ts';
import { agreedBefore, ask, canAsk } from '../terminal/ask.ts';
import type { Progress } from '../terminal/progress.ts';
import { stackLockPath } from './ensure-stack.ts';
import { type StackState, readStackState } from './stack-state.ts';
import { stopStack } from './stop-stack.ts';

export interface RestartOptions {
  readonly env: Env;
  readonly yes: boolean;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/**
 * Says that the running stack was started from another version of the checkout, and stops it when that is wanted.
 * @returns true when it was stopped and has to be started again.
 */
export async function offerRestart(
  install: Install,
  state: StackState,
  options: RestartOptions,
): Promise<boolean> {
  const { env, progress } = options;
  const outdated = 'the running stack is of another version than this checkout';
  const agreed = agreedBefore(options.yes, env);
  if (!agreed && !canAsk(env)) {
    progress.note(`${outdated}; restart it with: cynode down, or give --yes`);
    return false;
  }
  if (!agreed) {
    progress.done();
    if (!(await ask(`${outdated}. Restart it? Jobs that run now are lost.`))) return false;
  }
  progress.step('restarting the stack, which is of another version');
  await using _lock = await takeLock(stackLockPath(install), { signal: options.signal });
  const current = readStackState(install.paths.state);
  // Another cynode may have restarted it while we waited.
  if (current?.supervisor.pid === state.supervisor.pid) await stopStack(install);
  return true;
}
