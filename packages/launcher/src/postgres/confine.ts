/** A program with its arguments. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
}

/**
 * PostgreSQL refuses to run as root, and another user could not enter root's folders: for root it runs inside a user
 * namespace that shows it as 65534 while the files stay root's own. For anyone else the command is unchanged.
 */
export function confined(command: Command, uid = process.getuid?.()): Command {
  if (uid !== 0) return command;
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
