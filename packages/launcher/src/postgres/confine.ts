import { userInfo } from 'node:os';
import process from 'node:process';
import { type Command, confined } from '@cynodeai/runtime/confine';

/** True when PostgreSQL would refuse to run as this user: root, or a uid that has no name on this machine. */
function isRefused(): boolean {
  try {
    return userInfo().uid === 0;
  } catch {
    return true;
  }
}

/**
 * Runs a program of PostgreSQL confined. Where PostgreSQL would refuse our user it is shown another, while its files stay
 * our own: another user could not enter root's folders.
 */
export function confinedPostgres(command: Command, refused = isRefused()): Command {
  return confined(command, { kind: 'full', asNobody: refused }, process.arch);
}

/** Complete environment of initdb and the server: nothing of the starter's own. */
export const serverEnv = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
} as const;
