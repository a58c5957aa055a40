/** What the kernel calls an architecture, and the numbers of system calls on it. */
export interface SyscallTable {
  /** `AUDIT_ARCH_…` of linux/audit.h. */
  readonly audit: number;
  readonly clone: number;
  readonly close: number;
  readonly prctl: number;
  readonly socket: number;
  readonly unshare: number;
  /** Numbers from here on belong to another call convention of the same processor. */
  readonly foreignFrom?: number;
  /** Calls that no server of ours needs, and that reach the host, other processes or seldom trodden parts of a kernel. */
  readonly refused: readonly number[];
}

/** Newer calls have one number on every architecture. */
export const common = {
  closeRange: 436,
  clone3: 435,
  landlockCreateRuleset: 444,
  landlockAddRule: 445,
  landlockRestrictSelf: 446,
} as const;

/** io_uring_*, open_tree, move_mount, fsopen, fsconfig, fsmount, fspick, pidfd_getfd, process_madvise, mount_setattr. */
const refusedEverywhere = [425, 426, 427, 428, 429, 430, 431, 432, 433, 438, 440, 442];

function refused(groups: Readonly<Record<string, readonly number[]>>): readonly number[] {
  return [...refusedEverywhere, ...Object.values(groups).flat()];
}

/** The table of a processor as Node calls it; undefined for one that nobody has tried. */
export function syscallsOf(arch: string): SyscallTable | undefined {
  return tables[arch];
}

const tables: Readonly<Record<string, SyscallTable>> = {
  x64: {
    audit: 0xc0_00_00_3e,
    clone: 56,
    close: 3,
    prctl: 157,
    socket: 41,
    unshare: 272,
    foreignFrom: 0x40_00_00_00,
    refused: refused({
      // ptrace, process_vm_readv, process_vm_writev, kcmp
      otherProcesses: [101, 310, 311, 312],
      // mount, umount2, pivot_root, chroot, setns, unshare
      worlds: [165, 166, 155, 161, 308, 272],
      // keyctl, add_key, request_key, bpf, perf_event_open, userfaultfd, personality, syslog
      kernel: [250, 248, 249, 321, 298, 323, 135, 103],
      // kexec_load, kexec_file_load, init_module, finit_module, delete_module, reboot, swapon, swapoff, acct, quotactl
      host: [246, 320, 175, 313, 176, 169, 167, 168, 163, 179],
      // settimeofday, clock_settime, adjtimex, clock_adjtime, sethostname, setdomainname
      clock: [164, 227, 159, 305, 170, 171],
      // open_by_handle_at, mknod, mknodat, fanotify_init; iopl, ioperm, modify_ldt
      files: [304, 133, 259, 300, 172, 173, 154],
    }),
  },
  arm64: {
    audit: 0xc0_00_00_b7,
    clone: 220,
    close: 57,
    prctl: 167,
    socket: 198,
    unshare: 97,
    refused: refused({
      otherProcesses: [117, 270, 271, 272],
      worlds: [40, 39, 41, 51, 268, 97],
      kernel: [219, 217, 218, 280, 241, 282, 92, 116],
      host: [104, 294, 105, 273, 106, 142, 224, 225, 89, 60],
      clock: [170, 112, 171, 266, 161, 162],
      // open_by_handle_at, mknodat, fanotify_init
      files: [265, 33, 262],
    }),
  },
};
