import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { runCommand } from '../src/process/index.ts';
import { type TemporaryDirectory, temporaryDirectory } from '@cynodeai/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Confinement, confined } from '../src/confine/index.ts';

const isRoot = process.getuid?.() === 0;
const clean: Confinement = { kind: 'clean' };

let dir: TemporaryDirectory;
let full: Confinement;
beforeAll(async () => {
  dir = await temporaryDirectory();
  mkdirSync(join(dir.path, 'hidden'));
  writeFileSync(join(dir.path, 'hidden/secret'), 'secret');
  full = {
    kind: 'full',
    asNobody: isRoot,
    files: {
      read: ['/usr', '/lib', '/lib64', '/bin', '/proc'],
      write: ['/dev/null', join(dir.path, 'own')],
    },
  };
});
afterAll(() => dir.remove());

/** Runs a line of shell under a confinement. */
async function said(
  script: string,
  confinement: Confinement,
): Promise<{ code: number | undefined; out: string; err: string }> {
  const { program, args } = confined(
    { program: '/bin/sh', args: ['-c', script] },
    confinement,
    process.arch,
  );
  const result = await runCommand(program, args, { env: { PATH: '/usr/bin:/bin', DIR: dir.path } });
  return { code: result.exitCode, out: result.stdout.trim(), err: result.stderr.trim() };
}

describe('a confined process', () => {
  it('has its own folders and what it runs from, and nothing else', async () => {
    const own = await said(
      'echo kept > "$DIR/own/file" && cat "$DIR/own/file" && mkdir "$DIR/own/a" && mv "$DIR/own/file" "$DIR/own/a"',
      full,
    );
    expect(own).toEqual({ code: 0, out: 'kept', err: '' });
    expect(existsSync(join(dir.path, 'own/a/file'))).toBe(true);
    const attempts = [
      'cat "$DIR/hidden/secret"',
      'ls "$DIR"',
      'cat /etc/passwd',
      'echo x > "$DIR/new"',
      'echo x >> "$DIR/hidden/secret"',
      'ln -s /etc "$DIR/hidden/link"',
      'rm "$DIR/hidden/secret"',
      'mv "$DIR/hidden/secret" "$DIR/own/stolen"',
      'ln "$DIR/hidden/secret" "$DIR/own/stolen"',
      'touch /usr/x',
    ];
    for (const attempt of attempts) {
      const { code, out } = await said(attempt, full);
      expect([attempt, code === 0, out]).toEqual([attempt, false, '']);
    }
  });

  it.for([
    ['a user namespace', 'unshare --user true'],
    ['a network namespace', 'unshare --user --net true'],
    ['a mount', 'mkdir -p "$DIR/own/m" && mount -t tmpfs none "$DIR/own/m" && umount "$DIR/own/m"'],
    ['another root', '/usr/sbin/chroot / true'],
    ['the processes of others', `kill -0 ${process.pid}`],
    [
      'tracing',
      `sleep 9 & perl -e 'exit(syscall(${process.arch === 'x64' ? 101 : 117}, 16, $ARGV[0] + 0, 0, 0) == 0 ? 0 : 1)' $!; code=$?; kill -9 $!; exit $code`,
    ],
    ['a raw socket', "perl -e 'socket(my $s, 17, 3, 0) or exit 1'"],
    ['a vsock', "perl -e 'socket(my $s, 40, 1, 0) or exit 1'"],
    [
      'the keys of the kernel',
      `perl -e 'exit(syscall(${process.arch === 'x64' ? 250 : 219}, 0, -3, 1) >= 0 ? 0 : 1)'`,
    ],
    ['io_uring', 'perl -e \'my $p = "\\0" x 120; exit(syscall(425, 1, $p) >= 0 ? 0 : 1)\''],
  ])('is refused %s', async ([, attempt = ''], { skip }) => {
    const free = await said(attempt, clean);
    if (free.code !== 0) skip('this host refuses it to everybody');
    const { code } = await said(attempt, full);
    expect(code).not.toBe(0);
    expect(code).not.toBe(127);
  });

  it('keeps what a server needs: sockets of the network and of the host, threads, programs', async () => {
    const sockets = [1, 2, 10].map(
      (family) => `socket(my $s${family}, ${family}, 1, 0) or exit 1;`,
    );
    expect(await said(`perl -e '${sockets.join(' ')}'`, full)).toMatchObject({ code: 0 });
    const { program, args } = confined(
      {
        program: process.execPath,
        args: [
          '-e',
          'new (require("node:worker_threads").Worker)("console.log(1)", { eval: true })',
        ],
      },
      { kind: 'full', asNobody: isRoot },
      process.arch,
    );
    const result = await runCommand(program, args, { env: { PATH: '/usr/bin:/bin' } });
    expect([result.exitCode, result.stdout]).toEqual([0, '1\n']);
  });

  it.runIf(isRoot)('is no root, and can never become one', async () => {
    const { out } = await said(
      'id -u; grep -E "^(CapEff|CapBnd|NoNewPrivs|Seccomp):" /proc/self/status',
      full,
    );
    expect(out.split('\n').map((line) => line.replaceAll('\t', ' '))).toEqual([
      '65534',
      'CapEff: 0000000000000000',
      'CapBnd: 0000000000000000',
      'NoNewPrivs: 1',
      'Seccomp: 2',
    ]);
  });

  it.runIf(isRoot)(
    'that drives an engine keeps root without the parts of it that no engine needs',
    async () => {
      const { out } = await said(
        'id -u; for cap in 16 17 22 25; do perl -e "exit(1 - syscall(157, 23, $cap, 0, 0, 0))" && echo $cap; done; mount -t tmpfs none "$DIR/hidden" && umount "$DIR/hidden" && echo mounts',
        { kind: 'engine', isRoot },
      );
      expect(out).toBe('0\nmounts');
    },
  );

  it.each(['clean', 'engine', 'full'])(
    '(%s) inherits no open file of its starter',
    async (kind) => {
      const held = { clean, engine: { kind: 'engine', isRoot } as const, full }[kind] ?? clean;
      const command = { program: '/bin/sh', args: ['-c', 'ls /proc/$$/fd'] };
      const { program, args } = confined(command, held, process.arch);
      const opening = 'exec 7< "$0" 9> /dev/null; exec "$@"';
      const file = join(dir.path, 'hidden/secret');
      const result = await runCommand('/bin/sh', ['-c', opening, file, program, ...args], {
        env: { PATH: '/usr/bin:/bin' },
      });
      expect(result.stdout.trim().split('\n')).toEqual(['0', '1', '2']);
    },
  );

  it('keeps its arguments as they are, and tells of a program that is not there', async () => {
    const odd = ['a b', '--', "'", '$HOME', '', 'filter'];
    const { program, args } = confined(
      { program: '/usr/bin/printf', args: ['%s|', ...odd] },
      full,
      process.arch,
    );
    const shown = await runCommand(program, args, { env: {} });
    expect(shown.stdout).toBe(odd.map((arg) => `${arg}|`).join(''));
    const missing = confined({ program: '/no/such', args: [] }, full, process.arch);
    const result = await runCommand(missing.program, missing.args, { env: {} });
    expect(result.exitCode).not.toBe(0);
    expect(result.stderr).toContain('/no/such: No such file or directory');
  });

  it('on a processor whose numbers nobody has tried is started as it is', () => {
    const command = { program: '/bin/true', args: ['x'] };
    expect(confined(command, full, 'riscv64')).toEqual(command);
  });
});
