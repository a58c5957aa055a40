import { isDeepStrictEqual } from 'node:util';
import type { Install } from '../install/install.ts';
import { takeLock } from '../install/lock.ts';
import { runningStack, stackLockPath } from '../stack/ensure-stack.ts';
import { stopStack } from '../stack/stop-stack.ts';
import { describePath, wantsOtherInference } from '../domain/inference.ts';
import { type SettleOptions, settleInference } from '../inference/settle-inference.ts';

/**
 * Chooses inference for a stack that is about to start. A running one keeps what it has unless something else is
 * demanded; then it is stopped, so that every role starts with the new choice.
 * @throws LauncherError `setup`, `usage`, `stack`, `interrupted`.
 */
export async function prepareStart(options: SettleOptions): Promise<Install> {
  const { install, env, progress, signal } = options;
  const running = runningStack(install);
  if (running !== undefined && !wantsOtherInference(install.inference, options.choice, env))
    return install;
  const settled = await settleInference(options);
  const { path } = settled.inference;
  if (running === undefined || isDeepStrictEqual(running.inference, path)) return settled;
  progress.note(
    `inference was: ${describePath(running.inference)}; now: ${describePath(path)}; restarting the stack`,
  );
  await using _lock = await takeLock(stackLockPath(install), { signal });
  // Another cynode may have restarted it while we waited.
  if (runningStack(install)?.supervisor.pid === running.supervisor.pid) await stopStack(install);
  return settled;
}
