import type { Env } from '@cynodeai/runtime/config';
import type { Install } from '../install/install.ts';
import { takeLock } from '../install/lock.ts';
import { agreedBefore, ask, canAsk } from '../terminal/ask.ts';
import type { Progress } from '../terminal/progress.ts';
import { stackLockPath } from './running-stack.ts';
import { LauncherError } from '../base/launcher-error.ts';
import type { RestartReason } from './restart-reason.ts';
import { type StackState, readStackState } from './stack-state.ts';
import { stopStack } from './stop-stack.ts';

export interface RestartOptions {
  readonly env: Env;
  readonly yes: boolean;
  readonly signal: AbortSignal;
  readonly progress: Progress;
  /** How many tasks run now; undefined when nobody can tell. */
  readonly countRunning: (install: Install) => Promise<number | undefined>;
  /** Sees that what is to start in its place can start; throws where it cannot. */
  readonly check: () => Promise<void>;
}

/** What a restart takes with it, as a person is asked about it. */
export function lossText(running: number | undefined): string {
  if (running === undefined) return 'Tasks that run now would be ended; how many is not known.';
  if (running === 0) return 'No task runs now.';
  return `${running} running task${running === 1 ? '' : 's'} would be ended.`;
}

/**
 * Says why the running stack is not the one that is wanted, and stops it when that is agreed to.
 * @returns true when it was stopped and has to be started again.
 * @throws LauncherError `declined` when it was not, although the reason is binding.
 */
export async function offerRestart(
  install: Install,
  state: StackState,
  reason: RestartReason,
  options: RestartOptions,
): Promise<boolean> {
  const { env, progress, signal } = options;
  const agreed = agreedBefore(options.yes, env);
  if (!agreed && !canAsk(env)) {
    const text = `${reason.text}; restart it with: cynode down, or give --yes`;
    if (reason.binding) throw new LauncherError('declined', text);
    progress.note(text);
    return false;
  }
  if (!agreed) {
    progress.done();
    const running = await options.countRunning(install);
    const question = `${reason.text}. Restart it? ${lossText(running)}`;
    if (!(await ask(question, signal, running === 0))) {
      if (reason.binding) throw new LauncherError('declined', reason.text);
      return false;
    }
  }
  await options.check();
  progress.step(`restarting the stack: ${reason.text}`);
  await using _lock = await takeLock(stackLockPath(install), { signal });
  const current = readStackState(install.paths.state);
  // Another cynode may have restarted it while we waited.
  if (current?.supervisor.pid === state.supervisor.pid) await stopStack(install);
  return true;
}
