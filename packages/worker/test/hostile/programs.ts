import process from 'node:process';

/** A program a hostile or broken job may run. One that gets out of its sandbox writes `ESCAPED`. */
export interface HostileProgram {
  readonly name: string;
  readonly script: string;
  /** Part of the short form. */
  readonly short?: true;
}

/** Numbers of system calls here. */
const call =
  process.arch === 'x64'
    ? {
        inotify: 294,
        epoll: 291,
        timer: 222,
        memfd: 319,
        unshare: 272,
        clone: 56,
        keyctl: 250,
        ptrace: 101,
        bpf: 321,
        perf: 298,
        uffd: 323,
        uring: 425,
        setns: 308,
        chroot: 161,
        pivot: 155,
        mq: 240,
        mknodat: 259,
      }
    : {
        inotify: 26,
        epoll: 20,
        timer: 107,
        memfd: 279,
        unshare: 97,
        clone: 220,
        keyctl: 219,
        ptrace: 117,
        bpf: 280,
        perf: 241,
        uffd: 282,
        uring: 425,
        setns: 268,
        chroot: 51,
        pivot: 41,
        mq: 180,
        mknodat: 33,
      };

const perl = (code: string): string => `exec perl -e '${code}'`;

/** Asks again until the answer is no, then keeps what it has. */
const hoard = (what: string): string => perl(`while (${what}) {} sleep 1000`);

/** A call by number that must fail. */
const mustFail = (number: number, ...args: readonly string[]): string =>
  perl(`my $r = syscall(${[number, ...args].join(', ')}); print "ESCAPED\\n" if $r >= 0; sleep 1`);

/** Every attempt of a shell; one that works is an escape. */
const noneWorks = (...attempts: readonly string[]): string =>
  attempts.map((attempt) => `( ${attempt} ) 2>/dev/null && echo ESCAPED`).join('\n');

/** What jobs do to their node and their neighbours, by the kind of what they take. */
export const hostilePrograms: readonly HostileProgram[] = [
  // Floods.
  { name: 'floods its output', script: 'exec yes', short: true },
  { name: 'floods its errors', script: 'exec yes >&2' },
  { name: 'floods both with random bytes', script: 'cat /dev/urandom & exec cat /dev/urandom >&2' },
  { name: 'writes one line without end', script: "exec tr '\\0' x < /dev/zero" },
  {
    name: 'writes commands for terminals',
    script: "while printf '\\033[2J\\033]52;c;AAAA\\a\\033c'; do :; done",
  },
  {
    name: 'connects to itself without end',
    script: perl(
      'socket(my $l, 2, 1, 0); listen($l, 9999); my $a = getsockname $l; my @all; while (1) { socket(my $s, 2, 1, 0) or next; connect($s, $a); push @all, $s }',
    ),
  },
  {
    name: 'floods its loopback',
    script: perl(
      'socket(my $s, 2, 2, 0); my $a = pack("S n a4 x8", 2, 9, "\\x7f\\0\\0\\1"); while (1) { send($s, "x" x 60000, 0, $a) }',
    ),
  },
  // Bombs.
  { name: 'is a fork bomb', script: perl('while (1) { fork }'), short: true },
  { name: 'is a bomb of shells', script: 'b() { b | b & }; b; sleep 1000' },
  {
    name: 'hoards sleeping children',
    script: hoard('defined(my $p = fork)) { if (!$p) { sleep 1000; exit } } while (0'),
  },
  { name: 'hoards zombies', script: hoard('defined(my $p = fork)) { exit unless $p } while (0') },
  {
    name: 'leaves children that close everything',
    script:
      'for i in 1 2 3 4 5 6 7 8; do (trap "" TERM HUP INT; exec sleep 1000 >/dev/null 2>&1 </dev/null) & done; exit 0',
    short: true,
  },
  {
    name: 'spins on more processors than there are',
    script: 'for i in 1 2 3 4 5 6 7 8; do (while :; do :; done) & done; wait',
    short: true,
  },
  {
    name: 'matches a pattern that never ends',
    script: perl('my $t = "a" x 40; 1 while $t =~ /^(a|aa|a?)*b$/; '),
  },
  // Memory.
  { name: 'takes all memory', script: perl('my @all; push @all, "x" x 1e7 while 1'), short: true },
  {
    name: 'takes all memory in many processes',
    script: perl('for (1 .. 6) { fork } my @all; push @all, "x" x 1e6 while 1'),
  },
  { name: 'fills shared memory', script: 'exec dd if=/dev/zero of=/dev/shm/all bs=1M' },
  {
    name: 'fills files in memory',
    script: perl(
      `my $f = syscall(${call.memfd}, "a", 0); open(my $h, ">&=", $f); print {$h} "x" x 1e6 while 1`,
    ),
  },
  {
    name: 'fills pipes',
    script: perl(
      'my @all; while (pipe(my $r, my $w)) { push @all, $r, $w; my $was = fcntl($w, 4, 2048); 1 while syswrite $w, "x" x 65536 } sleep 1000',
    ),
  },
  {
    name: 'fills sockets',
    script: perl(
      'my @all; while (socketpair(my $l, my $r, 1, 1, 0)) { push @all, $l, $r; fcntl($l, 4, 2048); 1 while syswrite $l, "x" x 65536 } sleep 1000',
    ),
  },
  {
    name: 'hoards System V memory',
    script: hoard(
      'defined(my $id = shmget(0, 1e6, 0600))) { shmwrite($id, "x" x 1e6, 0, 1e6); } while (0',
    ),
  },
  {
    name: 'thrashes the page cache',
    script: 'dd if=/dev/zero of=big bs=1M count=128; while :; do cat big big > /dev/null; done',
  },
  // Descriptors and what the kernel counts.
  {
    name: 'hoards descriptors',
    script: perl('my @all; while (open(my $f, "<", "/dev/null")) { push @all, $f } sleep 1000'),
  },
  { name: 'hoards inotify', script: hoard(`syscall(${call.inotify}, 0) >= 0`), short: true },
  { name: 'hoards epoll', script: hoard(`syscall(${call.epoll}, 0) >= 0`) },
  {
    name: 'hoards timers',
    script: perl(
      `my $id = pack "q", 0; while (syscall(${call.timer}, 1, 0, $id) >= 0) {} sleep 1000`,
    ),
  },
  {
    name: 'hoards message queues',
    script: perl(
      `my $n = 0; while (1) { my $name = "q" . $n++; last if syscall(${call.mq}, $name, 0102, 0600, 0) < 0 } sleep 1000`,
    ),
  },
  {
    name: 'hoards terminals',
    script: perl('my @all; while (open(my $f, "+<", "/dev/ptmx")) { push @all, $f } sleep 1000'),
  },
  {
    name: 'hoards locks',
    script: perl(
      'my @all; for my $n (1 .. 20000) { open(my $f, ">", "l$n") or last; flock $f, 2; push @all, $f } sleep 1000',
    ),
  },
  // Disk.
  { name: 'writes a big file', script: 'exec dd if=/dev/zero of=big bs=1M count=256' },
  {
    name: 'writes very many files',
    script: perl('for (1 .. 30000) { open my $f, ">", "f$_" or last } sleep 1000'),
    short: true,
  },
  {
    name: 'digs deep directories',
    script: perl('while (mkdir "d" x 200) { chdir "d" x 200 or last }'),
  },
  {
    name: 'uses names nobody can read',
    script: perl(
      'for (1 .. 255) { open my $f, ">", chr($_) . "\\n\\e[2J\\xff" } mkdir "-rf"; symlink "/", "--"',
    ),
  },
  {
    name: 'links to everywhere',
    script:
      'ln -s / root; ln -s loop loop; ln -s /etc/shadow /job/artifacts/shadow; ln -s .. /job/artifacts/up; for i in 1 2 3 4 5 6 7 8 9; do ln -s ../.. s$i; done',
    short: true,
  },
  {
    name: 'links one file very often',
    script: perl('open my $f, ">", "a"; for (1 .. 60000) { link "a", "l$_" or last }'),
  },
  {
    name: 'claims a file of a terabyte',
    script: perl('open my $f, ">", "/job/artifacts/sparse"; truncate $f, 2**40; sleep 1'),
  },
  {
    name: 'leaves pipes, sockets and locked folders',
    script: perl(
      'for (1 .. 50) { socket my $s, 1, 1, 0; bind $s, pack("S a*", 1, "s$_") } mkdir "locked", 0; mkdir "/job/artifacts/locked", 0',
    ),
    short: true,
  },
  // Signals.
  { name: 'listens to no signal', script: "trap '' TERM INT HUP QUIT; while :; do sleep 1; done" },
  { name: 'kills everybody', script: 'kill -9 -1; kill -9 1; sleep 1000', short: true },
  { name: 'stops everybody', script: 'kill -STOP -1; kill -STOP $$; sleep 1000' },
  {
    name: 'storms with signals',
    script: perl('$SIG{USR1} = sub {}; my $p = fork; while (1) { kill "USR1", $p || getppid }'),
  },
  // Escapes by name.
  { name: 'wants a user namespace', script: mustFail(call.unshare, '0x10000000'), short: true },
  {
    name: 'wants a process in namespaces of its own',
    script: perl(
      `my $r = syscall(${call.clone}, 0x7e020011, 0, 0, 0, 0); print "ESCAPED\\n" if $r >= 0`,
    ),
  },
  {
    name: 'wants the network of another',
    script: perl(
      `open my $f, "<", "/proc/1/ns/net"; my $r = syscall(${call.setns}, fileno($f), 0); print "ESCAPED\\n" if $r >= 0`,
    ),
  },
  {
    name: 'wants mounts',
    script: noneWorks(
      'mount -t proc proc /tmp',
      'mount --bind / /workspace',
      'mount -t tmpfs x /tmp',
      'mount -o remount,rw,suid,dev /workspace',
    ),
  },
  {
    name: 'wants another root',
    script: perl(
      `for (${call.chroot}, ${call.pivot}) { my ($a, $b) = ("/tmp", "/tmp"); print "ESCAPED\\n" if syscall($_, $a, $b) >= 0 }`,
    ),
  },
  {
    name: 'wants devices',
    script: perl(
      `for ([0020666, 0x101], [0060666, 0x800]) { my $p = "dev$_->[1]"; print "ESCAPED\\n" if syscall(${call.mknodat}, -100, $p, @$_) >= 0 }`,
    ),
  },
  {
    name: 'writes to the kernel',
    script: noneWorks(
      'echo c > /proc/sysrq-trigger',
      'echo x > /proc/sys/kernel/core_pattern',
      'echo 1 > /proc/sys/vm/drop_caches',
      // Where uid 0 owns the folder of devices it may make files there, which are no devices.
      'test -c /dev/kmsg && echo x > /dev/kmsg',
      'echo x > /sys/kernel/uevent_helper',
      // Without control groups of its own a sandbox may have an empty folder in their place.
      'test -e /sys/fs/cgroup/cgroup.kill && echo 1 > /sys/fs/cgroup/cgroup.kill',
      'test -e /sys/fs/cgroup/pids.max && echo max > /sys/fs/cgroup/pids.max',
      'test -e /sys/fs/cgroup/pids/pids.max && echo -1 > /sys/fs/cgroup/pids/pids.max',
    ),
    short: true,
  },
  {
    name: 'reads the host',
    script: noneWorks(
      'head -c 1 /proc/kcore | grep -a .',
      'head -c 1 /dev/mem',
      'grep . /proc/keys',
      'ls /proc/1/root/var/lib/cynode',
      'head -c 1 /dev/sda',
      'head -c 1 /dev/vda',
      'cat /dev/kmsg | head -c 1 | grep .',
    ),
  },
  {
    name: 'looks for the engine',
    script: noneWorks(
      'test -S /run/docker.sock',
      'test -S /var/run/docker.sock',
      'test -S /run/podman/podman.sock',
      'test -S /run/containerd/containerd.sock',
    ),
  },
  {
    name: 'changes what is shown to it',
    script: noneWorks(
      'echo x > /etc/hosts',
      'echo x > /etc/resolv.conf',
      'rm /etc/hosts',
      'mv /etc/hosts /etc/h',
    ),
  },
  {
    name: 'wants the rights of a file',
    script:
      'cp /bin/sh own; chmod 6755 own; ./own -p -c "grep -q ^CapEff:.*[1-9a-f] /proc/self/status && echo ESCAPED"; true',
  },
  {
    name: 'opens sockets of other families',
    script: perl(
      'for (3 .. 9, 11 .. 15, 17 .. 45) { print "ESCAPED $_\\n" if socket my $s, $_, 3, 0 } for (1 .. 22) { print "ESCAPED netlink $_\\n" if socket my $s, 16, 3, $_ }',
    ),
    short: true,
  },
  { name: 'uses the keys of the kernel', script: mustFail(call.keyctl, '1', '0') },
  {
    name: 'holds its init by tracing it',
    script: perl(`syscall(${call.ptrace}, 16, 1, 0, 0); sleep 1000`),
  },
  {
    name: 'programs the kernel',
    script: perl(
      `my $a = "\\0" x 128; for ([${call.bpf}, 0, $a, 128], [${call.perf}, $a, 0, -1, -1, 0], [${call.uffd}, 0], [${call.uring}, 8, $a]) { my ($call, @args) = @$_; print "ESCAPED $call\\n" if syscall($call, @args) >= 0 }`,
    ),
    short: true,
  },
  {
    name: 'wants to be spared when memory ends',
    script: 'echo -1000 > /proc/self/oom_score_adj 2>/dev/null && echo ESCAPED; sleep 1',
  },
  {
    name: 'poisons its parent by its name',
    script: perl(
      '$0 = ") UID:0 pgtables:1kB oom_score_adj:0"; open my $f, ">", "/proc/self/comm"; print {$f} "); killed\\n"; close $f; my @all; push @all, "x" x 1e7 while 1',
    ),
  },
];
