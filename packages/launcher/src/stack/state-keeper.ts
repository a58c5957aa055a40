import process from 'node:process';
import type { Env } from '@cynodeai/runtime/config';
import type { Log } from '@cynodeai/runtime/observe';
import { messageOf } from '@cynodeai/runtime/std';
import { LauncherError } from '../base/launcher-error.ts';
import { checkoutStamp } from '../install/checkout-stamp.ts';
import type { Install } from '../install/install.ts';
import { identityOf } from '../machine/process-identity.ts';
import { urlOf } from '../roles/decisions.ts';
import { variableMarks } from '../roles/environment.ts';
import { roleNames } from '../roles/table.ts';
import { type RoleState, forgetStackState, writeStackState } from './stack-state.ts';

/** Keeps the file that tells others about the stack. */
export interface StateKeeper {
  readonly update: (role: RoleState) => void;
  readonly of: (name: string) => RoleState | undefined;
  /** The stack stands on other ports. */
  readonly move: (install: Install) => void;
  /** The stack is over: nothing is written any more, and the file goes. */
  readonly forget: () => void;
}

/** How often a state that could not be written is tried again, ms. */
const retryMs = 1000;

/**
 * Says from now on that this process supervises the stack of an install. A disk that is full for a while ends no
 * supervisor: what could not be written is written when it can be.
 * @throws LauncherError `stack`, and the fault of the file system: a stack nobody can see is not started
 */
export function stateKeeper(install: Install, env: Env, log: Log): StateKeeper {
  const supervisor = identityOf(process.pid);
  if (supervisor === undefined) throw new LauncherError('stack', '/proc cannot be read');
  const roles = new Map<string, RoleState>();
  const fixed = {
    version: 1 as const,
    supervisor,
    stamp: checkoutStamp(install.checkout),
    startedAt: new Date().toISOString(),
    proves: true,
    inference: install.inference.path,
    variables: variableMarks(install, env),
    ...(install.listen && { listen: install.listen }),
  };
  let place = install;
  const write = (): void =>
    writeStackState(install.paths.state, {
      ...fixed,
      gatewayUrl: place.gatewayUrl,
      controlPlaneUrl: urlOf('controlPlane')(place),
      workerUrl: urlOf('workerApi')(place),
      roles: roleNames.flatMap((name) => roles.get(name) ?? []),
    });
  write();
  let retry: NodeJS.Timeout | undefined;
  const save = (): void => {
    const again = retry !== undefined;
    clearTimeout(retry);
    retry = undefined;
    try {
      write();
      if (again) log.info('the state of the stack is written again');
    } catch (error) {
      const fields = { reason: messageOf(error), retry_ms: retryMs };
      if (!again) log.warn('the state of the stack cannot be written; it is tried again', fields);
      retry = setTimeout(save, retryMs);
    }
  };
  return {
    update: (role) => {
      roles.set(role.name, role);
      save();
    },
    of: (name) => roles.get(name),
    move: (moved) => {
      place = moved;
      save();
    },
    forget: () => {
      clearTimeout(retry);
      forgetStackState(install.paths.state);
    },
  };
}
