import { userInfo } from 'node:os';

/** A program with its arguments. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
}

/** True when PostgreSQL would refuse to run as this user: root, or a uid that has no name on this machine. */
function isRefused(): boolean {
  try {
    return userInfo().uid === 0;
  } catch {
    return true;
  }
}

/**
 * Runs a program of PostgreSQL as whoever we are. Where PostgreSQL refuses that user it runs inside a user namespace
 * that shows it as 65534, while its files stay our own: another user could not enter root's folders.
 */
export function confined(command: Command, refused = isRefused()): Command {
  if (!refused) return command;
  return {
    program: 'unshare',
    args: [
      '--user',
      '--map-user=65534',
      '--map-group=65534',
      '--',
      command.program,
      ...command.args,
    ],
  };
}

/** Complete environment of initdb and the server: nothing of the starter's own. */
export const serverEnv = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
} as const;
