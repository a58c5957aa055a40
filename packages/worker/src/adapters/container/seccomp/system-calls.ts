/** One argument of a system call, which must be `equals`, as a whole or where `mask` has a bit. */
export interface Argument {
  readonly index: number;
  readonly equals: number;
  readonly mask?: number;
}

/**
 * System calls that get the same answer. `refused` is EPERM: the call exists and is not for sandboxes. `absent` is
 * ENOSYS: a library takes the kernel for one without it and goes another way.
 */
export interface CallGroup {
  readonly about: string;
  readonly answer: 'allowed' | 'refused' | 'absent';
  /** Names with blanks between them; those that an architecture does not have count for nothing there. */
  readonly names: string;
  /** Allowed only where all arguments of one of these are as told; absent means always. */
  readonly onlyIf?: readonly (readonly Argument[])[];
}

/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET; the flag of time namespaces is none of `clone`. */
const namespaceFlags = 0x7e_02_00_00;

const exactly = (index: number, equals: number): Argument => ({ index, equals });

/** The usual one of the type, ICMP, TCP, UDP and ICMPv6: others have the kernel load a module. */
const protocols = [0, 1, 6, 17, 58];

/**
 * AF_UNIX, AF_INET and AF_INET6 with these protocols, and AF_NETLINK with NETLINK_ROUTE: by it a library asks which
 * addresses there are.
 */
const socketFamilies = [
  [exactly(0, 1)],
  ...[2, 10].flatMap((family) => protocols.map((one) => [exactly(0, family), exactly(2, one)])),
  [exactly(0, 16), exactly(2, 0)],
];

/** Linux and 32-bit Linux, each also under a version of old (UNAME26), and the question which it is. */
const personalities = [0, 8, 0x2_00_00, 0x2_00_08, 0xff_ff_ff_ff].map((one) => [exactly(0, one)]);

/**
 * What a sandbox may ask of the kernel. Every call up to Linux 6.16 has its place here; one that no group names is
 * absent, so that a newer kernel opens nothing.
 *
 * Debuggers and sanitizers trace their own processes (`ptrace`, `process_vm_*`): allowed, since a filter holds under
 * tracing from Linux 4.8 on and a sandbox sees nobody's processes but its own.
 */
export const systemCalls: readonly CallGroup[] = [
  {
    about: 'files',
    answer: 'allowed',
    names: `access chdir chmod chown close close_range copy_file_range creat dup dup2 dup3 faccessat faccessat2
      fadvise64 fallocate fchdir fchmod fchmodat fchmodat2 fchown fchownat fcntl fdatasync fgetxattr flistxattr flock
      fremovexattr fsetxattr fstat fstatfs fsync ftruncate futimesat getcwd getdents getdents64 getxattr getxattrat
      ioctl lchown lgetxattr link linkat listxattr listxattrat llistxattr lremovexattr lseek lsetxattr lstat mkdir
      mkdirat mknod mknodat name_to_handle_at newfstatat open openat openat2 pread64 preadv preadv2 pwrite64 pwritev
      pwritev2 read readahead readlink readlinkat readv removexattr removexattrat rename renameat renameat2 rmdir
      sendfile setxattr setxattrat splice stat statfs statx symlink symlinkat sync sync_file_range syncfs tee truncate
      umask unlink unlinkat utime utimensat utimes write writev`,
  },
  {
    about: 'memory',
    answer: 'allowed',
    names: `brk get_mempolicy madvise map_shadow_stack membarrier memfd_create mincore mlock mlock2 mlockall mmap
      mprotect mremap mseal msync munlock munlockall munmap pkey_alloc pkey_free pkey_mprotect`,
  },
  {
    about: 'waiting and events',
    answer: 'allowed',
    names: `epoll_create epoll_create1 epoll_ctl epoll_pwait epoll_pwait2 epoll_wait eventfd eventfd2
      inotify_add_watch inotify_init inotify_init1 inotify_rm_watch pause pipe pipe2 poll ppoll pselect6 select signalfd
      signalfd4`,
  },
  {
    about: 'time',
    answer: 'allowed',
    names: `alarm clock_getres clock_gettime clock_nanosleep getitimer gettimeofday nanosleep setitimer time
      timer_create timer_delete timer_getoverrun timer_gettime timer_settime timerfd_create timerfd_gettime
      timerfd_settime times`,
  },
  {
    about: 'processes and threads',
    answer: 'allowed',
    names: `arch_prctl execve execveat exit exit_group fork futex futex_requeue futex_wait futex_waitv futex_wake
      get_robust_list getcpu getpgid getpgrp getpid getppid getpriority getrlimit getrusage getsid
      gettid ioprio_get ioprio_set kill pidfd_open pidfd_send_signal prctl prlimit64 process_mrelease
      process_vm_readv process_vm_writev ptrace restart_syscall rseq rt_sigaction rt_sigpending rt_sigprocmask
      rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_tgsigqueueinfo sched_get_priority_max
      sched_get_priority_min sched_getaffinity sched_getattr sched_getparam sched_getscheduler
      sched_rr_get_interval sched_setaffinity sched_setattr sched_setparam sched_setscheduler sched_yield
      set_robust_list set_tid_address setpgid setpriority setrlimit setsid sigaltstack tgkill tkill
      vfork wait4 waitid`,
  },
  {
    about: 'processes and threads, never with a namespace of their own',
    answer: 'allowed',
    names: 'clone',
    onlyIf: [[{ index: 0, mask: namespaceFlags, equals: 0 }]],
  },
  {
    about: 'users, and rights to give up',
    answer: 'allowed',
    names: `capget capset getegid geteuid getgid getgroups getresgid getresuid getuid landlock_add_rule
      landlock_create_ruleset landlock_restrict_self seccomp setfsgid setfsuid setgid setgroups setregid setresgid
      setresuid setreuid setuid`,
  },
  {
    about: 'between processes',
    answer: 'allowed',
    names: `mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedsend mq_unlink msgctl msgget msgrcv msgsnd semctl
      semget semop semtimedop shmat shmctl shmdt shmget`,
  },
  {
    about: 'sockets, once they are there',
    answer: 'allowed',
    names: `accept accept4 bind connect getpeername getsockname getsockopt listen recvfrom recvmmsg recvmsg sendmmsg
      sendmsg sendto setsockopt shutdown`,
  },
  {
    about: 'sockets of the families that end where the network of the sandbox does',
    answer: 'allowed',
    names: 'socket socketpair',
    onlyIf: socketFamilies,
  },
  { about: 'facts', answer: 'allowed', names: 'getrandom sysinfo uname' },
  {
    about: 'the execution domains of Linux itself',
    answer: 'allowed',
    names: 'personality',
    onlyIf: personalities,
  },
  { about: 'namespaces', answer: 'refused', names: 'setns unshare' },
  {
    about: 'mounts',
    answer: 'refused',
    names: `chroot fsconfig fsmount fsopen fspick mount mount_setattr move_mount open_tree pivot_root
      quotactl quotactl_fd swapoff swapon umount2`,
  },
  {
    about: 'keys, which have no namespace',
    answer: 'refused',
    names: 'add_key keyctl request_key',
  },
  {
    about: 'programs and probes in the kernel',
    answer: 'refused',
    names: 'bpf lookup_dcookie perf_event_open userfaultfd',
  },
  {
    about: 'the kernel itself',
    answer: 'refused',
    names: `create_module delete_module finit_module get_kernel_syms init_module kexec_file_load kexec_load
      query_module reboot`,
  },
  {
    about: 'settings of the machine, and its log',
    answer: 'refused',
    names: `_sysctl acct adjtimex clock_adjtime clock_settime ioperm iopl nfsservctl setdomainname sethostname
      settimeofday sysfs syslog uselib ustat vhangup`,
  },
  {
    about: 'files and descriptors of others',
    answer: 'refused',
    names: 'fanotify_init fanotify_mark kcmp open_by_handle_at pidfd_getfd process_madvise',
  },
  {
    about: 'corners of memory that programs do without and faults were often found in',
    answer: 'refused',
    names: `mbind migrate_pages modify_ldt move_pages remap_file_pages set_mempolicy set_mempolicy_home_node
      vmsplice`,
  },
  {
    // Its flags lie in memory, where no filter sees them.
    about: 'the newer clone',
    answer: 'absent',
    names: 'clone3',
  },
  {
    about: 'input and output behind the back of a filter',
    answer: 'absent',
    names: 'io_uring_enter io_uring_register io_uring_setup',
  },
  {
    // `fs.aio-max-nr` is one number for the whole machine.
    about: 'asynchronous files, which all of a machine share',
    answer: 'absent',
    names: 'io_cancel io_destroy io_getevents io_pgetevents io_setup io_submit',
  },
  {
    about: 'what the kernel never had, or hardly any program asks for',
    answer: 'absent',
    names: `afs_syscall cachestat epoll_ctl_old epoll_wait_old file_getattr file_setattr get_thread_area getpmsg
      listmount lsm_get_self_attr lsm_list_modules lsm_set_self_attr memfd_secret open_tree_attr putpmsg security set_thread_area
      statmount tuxcall vserver`,
  },
];
