export { commonDevices, programFiles } from './places.ts';
import { confineScript } from './confine-script.ts';
import { seccompFilter } from './seccomp-filter.ts';
import { common, syscallsOf } from './syscalls.ts';

/** A program with its arguments. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
}

/** How a process is held. It inherits no file but its three streams. */
export type Confinement =
  /** Files only. */
  | { readonly kind: 'clean' }
  /** It drives a container engine: of root it keeps what that needs. */
  | { readonly kind: 'engine'; readonly isRoot: boolean }
  /** It needs nothing of the host: no capability, none to be had later, a small part of the kernel. */
  | {
      readonly kind: 'full';
      /** Its user is shown to it as nobody, in a user namespace: root is no longer root, and files stay where they are. */
      readonly asNobody: boolean;
      /** The only folders and files it may see, and those it may write; absent: whatever its user may. */
      readonly files?: { readonly read: readonly string[]; readonly write: readonly string[] };
      /** It keeps descriptor 3 too, Node's channel to its parent. */
      readonly channel?: boolean;
    };

/** The user no file belongs to. */
const nobody = 65_534;

/**
 * What rootful Podman or Docker's client needs of root: chown, dac_override, dac_read_search, fowner, fsetid, kill,
 * setgid, setuid, setpcap, net_bind_service, net_admin, net_raw, sys_chroot, sys_ptrace, sys_admin, sys_nice,
 * sys_resource, mknod, audit_write, setfcap; and syslog, because the kernel's log alone tells which job was killed for
 * want of memory. Not the kernel's modules, clocks, raw devices, reboot or tracing.
 */
const engineCapabilities = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 13, 18, 19, 21, 23, 24, 27, 29, 31, 34,
];

/**
 * The command that runs another one confined; it becomes it, so that the process id is the same.
 * On a processor whose numbers are unknown it is the command itself.
 */
export function confined(command: Command, confinement: Confinement, arch: string): Command {
  const table = syscallsOf(arch);
  if (table === undefined) return command;
  const numbers = {
    close: table.close,
    close_range: common.closeRange,
    landlock_add_rule: common.landlockAddRule,
    landlock_create_ruleset: common.landlockCreateRuleset,
    landlock_restrict_self: common.landlockRestrictSelf,
    prctl: table.prctl,
    unshare: table.unshare,
  };
  const told = Object.entries(numbers).map(([name, number]) => `${name}=${number}`);
  const options = ['numbers', told.join(',')];
  if (confinement.kind === 'engine' && confinement.isRoot) {
    options.push('keep', engineCapabilities.join(','));
  }
  if (confinement.kind === 'full') {
    const { asNobody, files, channel = false } = confinement;
    if (channel) options.push('open', '4');
    // Capabilities are numbered from 0 to 63: of none of them is this one.
    if (asNobody) options.push('user', String(nobody), 'keep', '64');
    options.push('no_new_privs', '1');
    for (const path of files?.read ?? []) options.push('read', path);
    for (const path of files?.write ?? []) options.push('write', path);
    options.push('filter', seccompFilter(table).toString('hex'));
  }
  return {
    program: '/usr/bin/perl',
    args: ['-e', confineScript, '--', ...options, '--', command.program, ...command.args],
  };
}
