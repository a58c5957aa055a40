import type { Install } from '../install/install.ts';
import { LauncherError } from '../base/launcher-error.ts';
import type { Role } from '../roles/role.ts';
import { roles } from '../roles/table.ts';
import { isAlive } from '../machine/process-identity.ts';
import {
  type RoleState,
  type StackState,
  forgetStackState,
  readStackState,
} from './stack-state.ts';
import { stopProcess } from '../machine/stop-process.ts';

/** What a supervisor may take beside the time of its roles, ms. */
const supervisorOwnMs = 15_000;

/** How long a role may take when neither the state nor a row tells, ms: one of another version. */
const unknownStopMs = 30_000;

const rowOf = (name: string): Role | undefined => roles.find((role) => role.name === name);

/** How long a role may take, which it was told when it started. */
function stopMsOf({ name, stopMs }: RoleState): number {
  return stopMs ?? rowOf(name)?.stopMs({}) ?? unknownStopMs;
}

/** Stops the roles a state names, last started first. For a stack whose supervisor is gone. */
async function stopRoles(state: StackState): Promise<void> {
  for (const role of state.roles.toReversed()) {
    if (role.process === undefined) continue;
    await stopProcess(role.process, stopMsOf(role), rowOf(role.name)?.stopSignal);
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
  const stopMs = state.roles.reduce((sum, role) => sum + stopMsOf(role), supervisorOwnMs);
  await stopProcess(state.supervisor, stopMs);
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
