import type { Env } from '@cynodeai/runtime/config';
import { canAskEngine, cleanFlags, runEngine } from '../image/engine-command.ts';
import type { Install } from '../install/install.ts';
import { takeLock } from '../install/lock.ts';
import { removeTree } from '../machine/remove-tree.ts';
import { stopPostgres } from '../postgres/index.ts';
import { stackLockPath } from './running-stack.ts';
import { stopStack } from './stop-stack.ts';

export interface TearDownOptions {
  readonly install: Install;
  readonly env: Env;
  readonly signal: AbortSignal;
  readonly onStep: (what: string) => void;
}

/**
 * Stops everything of an install: processes, what the engine still holds, sockets.
 * @returns false when nothing was running.
 * @throws LauncherError `stack` when something survives.
 */
export async function tearDown(options: TearDownOptions): Promise<boolean> {
  const { install, env, onStep } = options;
  await using _lock = await takeLock(stackLockPath(install), {
    signal: options.signal,
    onWait: () => onStep('waiting for another cynode that starts or stops the stack'),
  });
  onStep('stopping the stack');
  const roles = await stopStack(install);
  // Served roles leave the database to the next one, and no state that names it.
  const database = await stopPostgres(install.paths.postgres);
  await cleanUp(install, env);
  return roles || database;
}

/** Removes what a stopped stack leaves: containers of killed jobs, the engine's helpers, sockets. */
export async function cleanUp(install: Install, env: Env, nodeId?: string): Promise<void> {
  if (canAskEngine(install)) {
    await runEngine({ install, env }, ['clean', ...cleanFlags(install, nodeId)]);
  }
  removeTree(install.runDir);
}
