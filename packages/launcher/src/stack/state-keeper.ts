import process from 'node:process';
import type { Env } from '@cynodeai/runtime/config';
import { LauncherError } from '../base/launcher-error.ts';
import { checkoutStamp } from '../install/checkout-stamp.ts';
import type { Install } from '../install/install.ts';
import { identityOf } from '../machine/process-identity.ts';
import { urlOf } from '../roles/decisions.ts';
import { variableMarks } from '../roles/environment.ts';
import { roleNames } from '../roles/table.ts';
import { type RoleState, writeStackState } from './stack-state.ts';

/** Keeps the file that tells others about the stack. */
export interface StateKeeper {
  readonly update: (role: RoleState) => void;
  readonly of: (name: string) => RoleState | undefined;
  /** The stack stands on other ports. */
  readonly move: (install: Install) => void;
}

/** Says from now on that this process supervises the stack of an install. @throws LauncherError `stack` */
export function stateKeeper(install: Install, env: Env): StateKeeper {
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
  };
  let place = install;
  const save = (): void =>
    writeStackState(install.paths.state, {
      ...fixed,
      gatewayUrl: place.gatewayUrl,
      controlPlaneUrl: urlOf('controlPlane')(place),
      workerUrl: urlOf('workerApi')(place),
      roles: roleNames.flatMap((name) => roles.get(name) ?? []),
    });
  save();
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
  };
}
