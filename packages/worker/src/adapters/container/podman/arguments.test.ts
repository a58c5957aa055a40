import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { globalArguments, type RunArguments, runArguments } from './arguments.ts';
import { enginePaths } from './paths.ts';
import type { EngineProfile } from './profile.ts';

const profile: EngineProfile = {
  version: '4.3.1',
  rootless: false,
  rootlessSupported: true,
  cgroupVersion: 'hybrid',
  runtime: 'runc',
  cgroupManager: 'cgroupfs',
  storage: 'overlay',
  ignoreChownErrors: false,
  privateCgroups: true,
  init: true,
  relabel: false,
  ulimits: ['nofile=20000', 'nproc=32768'],
};

const run: RunArguments = {
  name: 'cynode-sandbox-1',
  image: 'localhost/cynode/sandbox:latest',
  command: ['sh', '-c', 'true'],
  labels: { 'io.cynodeai.kind': 'sandbox' },
  mounts: [
    { hostPath: '/s/m/1/workspace', containerPath: '/workspace', readOnly: false },
    { hostPath: '/s/hosts', containerPath: '/etc/hosts', readOnly: true },
  ],
  workdir: '/workspace',
  timeoutSeconds: 60,
  envFile: '/dev/fd/3',
  envNames: ['PEM'],
  pidFile: '/r/pids/x',
  seccompFile: '/state/engine/seccomp.json',
  group: { parent: '/cynode-1', share: { processes: 99, memoryMb: 70 } },
  user: { uid: 1_900_000_001, gid: 1_900_000_001 },
};

const paths = enginePaths('/state', '/run/c/1d0f6669');

describe('the arguments of a run', () => {
  it('are exactly these for a rootful engine (REQ-WORKER-0105, REQ-WORKER-0251, REQ-SANDBX-0101)', () => {
    expect(runArguments(profile, run)).toStrictEqual([
      'run',
      '--rm',
      '--pull=never',
      '--network=none',
      '--hostname=sandbox',
      '--oom-score-adj=1000',
      '--cap-drop=ALL',
      '--security-opt=no-new-privileges',
      '--security-opt=mask=/proc/cmdline:/proc/diskstats:/proc/modules:/proc/partitions:/sys/class/dmi:/sys/devices/virtual/dmi',
      '--no-hosts',
      '--http-proxy=false',
      '--no-healthcheck',
      '--image-volume=ignore',
      '--entrypoint=',
      '--unsetenv=container',
      '--unsetenv=TERM',
      '--log-driver=none',
      '--cgroup-parent=/cynode-1',
      '--pids-limit=99',
      '--memory=70m',
      '--memory-swap=70m',
      '--security-opt=seccomp=/state/engine/seccomp.json',
      '--cgroupns=private',
      '--init',
      '--ulimit=nofile=20000',
      '--ulimit=nproc=32768',
      '--timeout=90',
      '--user=1900000001:1900000001',
      '--workdir=/workspace',
      '--name=cynode-sandbox-1',
      '--pidfile=/r/pids/x',
      '--label=io.cynodeai.kind=sandbox',
      '--volume=/s/m/1/workspace:/workspace:rw,nosuid,nodev',
      '--volume=/s/hosts:/etc/hosts:ro,nosuid,nodev',
      '--env-file=/dev/fd/3',
      '--env=PEM',
      'localhost/cynode/sandbox:latest',
      'sh',
      '-c',
      'true',
    ]);
  });

  it('differ for a rootless engine only in user and limits', () => {
    const rootful = runArguments(profile, run);
    const rootless = runArguments({ ...profile, rootless: true, ulimits: [] }, run);
    expect(rootless.filter((flag) => !rootful.includes(flag))).toStrictEqual(['--user=0:0']);
    expect(rootful.filter((flag) => !rootless.includes(flag))).toStrictEqual([
      '--ulimit=nofile=20000',
      '--ulimit=nproc=32768',
      '--user=1900000001:1900000001',
    ]);
  });

  it('name a user without rights where no job has one, and no group where there is none', () => {
    const flags = runArguments(profile, { ...run, user: undefined, group: undefined });
    expect(flags).toContain('--user=65532:65532');
    expect(flags.join(' ')).not.toMatch(/--cgroup-parent|--pids-limit/);
  });

  it('relabel what is mounted on a host with SELinux: own for one sandbox, shared for all', () => {
    const flags = runArguments(
      { ...profile, relabel: true, init: false, privateCgroups: false },
      run,
    );
    expect(flags).toContain('--volume=/s/m/1/workspace:/workspace:rw,nosuid,nodev,Z');
    expect(flags).toContain('--volume=/s/hosts:/etc/hosts:ro,nosuid,nodev,z');
    expect(flags).not.toContain('--init');
    expect(flags).not.toContain('--cgroupns=private');
  });

  it('never open the sandbox, whatever the job is called or runs (REQ-WORKER-0105)', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('--privileged', '--network=host', '-v=/:/x', 'x'), {
          minLength: 1,
        }),
        fc.boolean(),
        fc.boolean(),
        (command, rootless, init) => {
          const all = runArguments({ ...profile, rootless, init }, { ...run, command });
          const flags = all.slice(0, all.indexOf(run.image));
          expect(all.slice(all.indexOf(run.image) + 1)).toStrictEqual(command);
          expect(flags.filter((flag) => flag.startsWith('--network'))).toStrictEqual([
            '--network=none',
          ]);
          const open =
            /privileged$|^--(?:privileged|device|pid|ipc|uts|userns|cap-add|gpus|publish|ipc)\b/;
          expect(
            flags.filter((flag) => open.test(flag) && !flag.startsWith('--pidfile')),
          ).toStrictEqual([]);
        },
      ),
    );
  });
});

describe('the global flags', () => {
  it('keep storage and volatile files private and quiet', () => {
    expect(globalArguments(paths, profile)).toStrictEqual([
      '--root=/state/engine/storage/overlay',
      '--runroot=/run/c/1d0f6669',
      '--tmpdir=/run/c/1d0f6669/libpod',
      '--network-config-dir=/state/engine/networks',
      '--storage-driver=overlay',
      '--runtime=runc',
      '--cgroup-manager=cgroupfs',
      '--events-backend=none',
      '--log-level=fatal',
    ]);
  });

  it.each([
    { storage: 'overlay', ignoreChownErrors: true, options: ['overlay.ignore_chown_errors=true'] },
    { storage: 'vfs', ignoreChownErrors: true, options: ['vfs.ignore_chown_errors=true'] },
    {
      storage: 'fuse-overlayfs',
      mountProgram: '/usr/bin/fuse-overlayfs',
      ignoreChownErrors: false,
      options: ['overlay.mount_program=/usr/bin/fuse-overlayfs'],
    },
  ] as const)('name the options of $storage', ({ options, ...choice }) => {
    const flags = globalArguments(paths, { ...profile, ...choice });
    expect(flags.filter((flag) => flag.startsWith('--storage-opt='))).toStrictEqual(
      options.map((option) => `--storage-opt=${option}`),
    );
    expect(flags).toContain(`--root=/state/engine/storage/${choice.storage}`);
  });
});
