import type { Install } from '../install/install.ts';
import { LauncherError } from '../launcher-error.ts';
import { isAlive } from './process-identity.ts';
import { type StackState, forgetStackState, readStackState, roleNames } from './stack-state.ts';
import { stopProcess } from './stop-process.ts';

const supervisorStopMs = 100_000;
const stopMs = {
  node: 30_000,
  orchestrator: 15_000,
  'demo-model': 10_000,
  postgres: 30_000,
} as const;

/** Stops the roles a state names, last started first. For a stack whose supervisor is gone. */
async function stopRoles(state: StackState): Promise<void> {
  for (const name of roleNames.toReversed()) {
    const role = state.roles.find((candidate) => candidate.name === name);
    // PostgreSQL ends sessions and writes everything on SIGINT; on SIGTERM it would wait for its clients.
    const signal = name === 'postgres' ? 'SIGINT' : 'SIGTERM';
    if (role?.process) await stopProcess(role.process, stopMs[name], signal);
  }
}

/** True while anything of a stack runs. */
export function isRunning(state: StackState): boolean {
  return (
    isAlive(state.supervisor) ||
    state.roles.some((role) => role.process !== undefined && isAlive(role.process))
  );
}

/**
 * Stops everything of the install in order and waits until it is gone. The caller holds the stack's lock.
 * @returns false when nothing was running.
 * @throws LauncherError `stack` when something survives.
 */
export async function stopStack(install: Install): Promise<boolean> {
  const state = readStackState(install.paths.state);
  if (state === undefined) return false;
  const ran = isRunning(state);
  await stopProcess(state.supervisor, supervisorStopMs);
  // The supervisor has removed its state by now, unless it died.
  await stopRoles(readStackState(install.paths.state) ?? state);
  const survivors = state.roles.flatMap((role) =>
    role.process !== undefined && isAlive(role.process) ? [`${role.name} ${role.process.pid}`] : [],
  );
  if (survivors.length > 0) {
    throw new LauncherError('stack', `still running: ${survivors.join(', ')}; end them by hand`);
  }
  forgetStackState(install.paths.state);
  return ran;
}
