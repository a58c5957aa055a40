import type { Env } from '@cynodeai/runtime/config';
import { userInfo } from 'node:os';
import { join, resolve } from 'node:path';

/** Where the user lives: `HOME`, else what the system's table of users says; undefined where neither says anything. */
export function userHomeOf(env: Env): string | undefined {
  if (env['HOME']) return env['HOME'];
  try {
    return userInfo().homedir;
  } catch {
    return undefined;
  }
}

/**
 * State folder: `CYNODE_HOME`, else `$XDG_STATE_HOME/cynode`, else `~/.local/state/cynode`; undefined where nothing
 * says where that is.
 */
export function stateFolderOf(env: Env): string | undefined {
  if (env['CYNODE_HOME']) return resolve(env['CYNODE_HOME']);
  if (env['XDG_STATE_HOME']) return resolve(env['XDG_STATE_HOME'], 'cynode');
  const home = userHomeOf(env);
  return home === undefined ? undefined : resolve(home, '.local/state/cynode');
}

/** What a client of an install reads below its state folder. */
export interface LocalPlace {
  readonly settings: string;
  readonly session: string;
  readonly sessionLock: string;
  readonly gatewayProof: string;
  readonly adminPassword: string;
}

export function localPlaceOf(home: string): LocalPlace {
  return {
    settings: join(home, 'install.json'),
    session: join(home, 'session.json'),
    sessionLock: join(home, 'locks', 'session'),
    gatewayProof: join(home, 'secrets', 'gateway-proof'),
    adminPassword: join(home, 'secrets', 'admin-password'),
  };
}
