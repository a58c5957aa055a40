import { constants } from 'node:fs';
import { access, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HostFacts, readHostFacts } from '../../src/adapters/container/shared/host.ts';
import { prepareLayout } from '../../src/adapters/container/podman/layout.ts';
import { type EnginePaths, enginePaths } from '../../src/adapters/container/podman/paths.ts';
import { probeEngine } from '../../src/adapters/container/podman/probe.ts';
import { importProbeImage, probeRun } from '../../src/adapters/container/podman/probe-run.ts';
import { engineCommand, openStorage } from '../../src/adapters/container/podman/open-storage.ts';
import { resetEngine } from '../../src/adapters/container/podman/reset-engine.ts';

let base: string;
let host: HostFacts;
let paths: EnginePaths;

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'cynode-probe-'));
  host = await readHostFacts();
  paths = enginePaths(join(base, 'state'), join(base, 'run', 'boot'));
  await mkdir(paths.root, { recursive: true });
  await prepareLayout(paths);
});

afterAll(async () => {
  const { profile } = await probe({});
  if (profile === undefined) throw new Error('the engine is not usable');
  const command = engineCommand(paths, profile, host.programs['podman'] ?? '', undefined);
  await resetEngine({ paths, usable: { profile, command }, problems: [] });
  await rm(base, { recursive: true });
});

function probe(change: Partial<HostFacts>) {
  return probeEngine({ paths, host: { ...host, ...change }, sessionBus: undefined });
}

function without(...names: readonly string[]): Partial<HostFacts> {
  const entries = Object.entries(host.programs).filter(([name]) => !names.includes(name));
  return { programs: Object.fromEntries(entries) };
}

/** The program is installed and its device may be used by whoever runs this. */
async function hasFuse(): Promise<boolean> {
  if (host.programs['fuse-overlayfs'] === undefined) return false;
  return access('/dev/fuse', constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  );
}

describe('the probe', () => {
  it('names what is not installed and the command that mends it', async () => {
    expect((await probe(without('podman'))).problems).toMatchObject([{ code: 'podman_missing' }]);
    const { profile, problems } = await probe(without('runc', 'crun'));
    expect(profile).toBeUndefined();
    expect(problems).toMatchObject([
      { code: 'runtime_missing', fix: expect.stringContaining('apt-get') },
    ]);
  });

  it('names the setting that keeps users from making namespaces', async () => {
    const { problems } = await probe({ uid: 1000, userNamespaces: false });
    expect(problems).toMatchObject([{ code: 'user_namespaces_off' }]);
  });

  it('refuses a kernel that filters no system call, and says what to do (REQ-WORKER-0251)', async () => {
    const { profile, problems } = await probe({ seccomp: false });
    expect(profile).toBeUndefined();
    expect(problems).toMatchObject([
      { code: 'no_seccomp', fix: expect.stringContaining('CONFIG_SECCOMP_FILTER') },
    ]);
  });

  it('sees by itself when the engine filters nothing', async () => {
    const { profile } = await probe({});
    if (profile === undefined) throw new Error('the engine is not usable');
    const command = engineCommand(paths, profile, host.programs['podman'] ?? '', undefined);
    const open = { ...paths, seccompFile: 'unconfined' };
    expect(await probeRun({ paths: open, command, profile })).toMatch(/are not filtered/);
  });

  it('takes the runtime that works when another one does not', async () => {
    const programs = { ...host.programs, crun: '/nonexistent' };
    const { profile } = await probe({
      programs: host.programs['crun'] === undefined ? programs : host.programs,
    });
    expect(profile).toMatchObject({ runtime: expect.stringMatching(/^(?:runc|crun)$/) });
    expect(profile?.version).toMatch(/^\d+\.\d+/);
  });

  it('says what the engine said when nothing works', async () => {
    const programs = { podman: host.programs['podman'] ?? '', crun: '/nonexistent' };
    if (host.programs['crun'] !== undefined) return;
    const { profile, problems } = await probe({ programs });
    expect(profile).toBeUndefined();
    expect(problems).toMatchObject([
      { code: 'engine_unusable', message: expect.stringContaining('crun') },
    ]);
  });

  it('works without an init process and says so', async () => {
    const { profile, problems } = await probe(without('catatonit'));
    expect(profile?.init).toBe(false);
    expect(problems.map((problem) => problem.code)).toContain('no_init');
  });

  it("keeps the limits of a rootful engine at the host's ceiling, of a rootless one at half", async () => {
    const { profile } = await probe({ maxProcesses: 1_000_000, kernelProcesses: 60_000 });
    const expected = profile?.rootless === true ? ['nproc=30000'] : ['nproc=32768'];
    expect(profile?.ulimits.filter((limit) => limit.startsWith('nproc'))).toStrictEqual(expected);
  }, 60_000);

  it.each(['overlay', 'fuse-overlayfs', 'vfs'] as const)(
    'a container runs on %s where the host has it',
    async (storage) => {
      if (storage === 'fuse-overlayfs' && !(await hasFuse())) return;
      const { profile } = await probe({});
      if (profile === undefined) throw new Error('the engine is not usable');
      const { mountProgram: _none, ...rest } = profile;
      const mountProgram = host.programs['fuse-overlayfs'] ?? '';
      const choice = { ...rest, storage, ...(storage === 'fuse-overlayfs' && { mountProgram }) };
      const command = engineCommand(paths, choice, host.programs['podman'] ?? '', undefined);
      await openStorage(paths, storage, command);
      expect(await importProbeImage(paths, command)).toBe('');
      expect(await probeRun({ paths, command, profile: choice })).toBe('');
    },
  );
});
