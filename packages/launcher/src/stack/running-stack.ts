import { join } from 'node:path';
import type { Install } from '../install/install.ts';
import { isAlive } from '../machine/process-identity.ts';
import { type StackState, readStackState } from './stack-state.ts';

/** Name of the lock under which a stack is started or stopped. */
export function stackLockPath(install: Install): string {
  return join(install.paths.locks, 'stack');
}

/** The stack when its supervisor runs. */
export function runningStack(install: Install): StackState | undefined {
  const state = readStackState(install.paths.state);
  return state && isAlive(state.supervisor) ? state : undefined;
}
