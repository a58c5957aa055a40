import { mkdir, mkdtemp, readdir, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { callEngine } from '../../src/adapters/container/podman/client.ts';
import { listContainers } from '../../src/adapters/container/podman/containers.ts';
import { hasImage } from '../../src/adapters/container/podman/images.ts';
import {
  engineExists,
  openEngine,
  type OpenedEngine,
} from '../../src/adapters/container/podman/open-engine.ts';
import { isDatabaseClash, storageDir } from '../../src/adapters/container/podman/open-storage.ts';
import { openPodmanEngine } from '../../src/adapters/container/podman/podman-engine.ts';
import { probeCommand, probeImage } from '../../src/adapters/container/shared/tiny-image.ts';
import { resetEngine } from '../../src/adapters/container/podman/reset-engine.ts';
import { testCeiling } from '../support/test-engine.ts';
import { silentLog } from '@cynodeai/runtime/observe';
import { runCommand } from '@cynodeai/runtime/process';

let base: string;

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'cynode-open-'));
});

afterAll(async () => {
  await resetEngine(await open('run'));
  await rm(base, { recursive: true });
});

function open(runDir: string): Promise<OpenedEngine> {
  return openEngine({ stateDir: join(base, 'state'), runDir: join(base, runDir) });
}

async function usable(runDir: string) {
  const engine = await open(runDir);
  if (engine.usable === undefined) throw new Error('the engine is not usable');
  return { paths: engine.paths, ...engine.usable };
}

async function createStray(runDir: string): Promise<void> {
  const { command } = await usable(runDir);
  const args = ['create', '--network=none', '--name=stray', probeImage, probeCommand];
  expect(await callEngine(command, args)).toMatchObject({ exitCode: 0 });
}

async function allContainers(runDir: string): Promise<string> {
  const { command } = await usable(runDir);
  return (await callEngine(command, ['ps', '--all', '--external', '--quiet'])).stdout;
}

it('a second opening takes what the first found, also when both come at once', async () => {
  const source = { stateDir: join(base, 'state') };
  expect(await engineExists(source)).toBe(false);
  const [first, second] = await Promise.all([usable('run'), usable('run')]);
  expect(second).toStrictEqual(first);
  expect(await engineExists(source)).toBe(true);
});

it('after a reboot the images are there and the containers are not', async () => {
  await createStray('run');
  const { paths, profile, command } = await usable('run');
  const link = join(storageDir(paths, profile.storage), 'libpod');
  const target = await readlink(link);
  await rm(link);
  await symlink(join(base, 'run', 'deadbeef', basename(target)), link);
  await rm(dirname(target), { recursive: true });
  expect(await allContainers('run')).toBe('');
  expect(await hasImage(command, probeImage)).toBe(true);
});

it('when the run folder moves, what runs under the old one is ended', async () => {
  await createStray('run');
  expect(await allContainers('run-2')).toBe('');
  await createStray('run-2');
  expect(await allContainers('run')).toBe('');
});

it('coming back to an earlier run folder finds the images, and no worse storage', async () => {
  const { profile } = await usable('run');
  for (const runDir of ['run-2', 'run', 'run-2', 'run']) {
    const there = await usable(runDir);
    expect(there.profile.storage).toBe(profile.storage);
    expect(await hasImage(there.command, probeImage)).toBe(true);
  }
});

it('a database that somebody left beside the storage is not taken for a broken storage', async () => {
  const { paths, profile } = await usable('run');
  const file = join(storageDir(paths, profile.storage), 'db.sql');
  await rm(file, { force: true });
  await writeFile(file, 'of another version, with the folders of another boot');
  await rm(paths.profileFile);
  const again = await usable('run');
  expect(again.profile.storage).toBe(profile.storage);
  expect(await hasImage(again.command, probeImage)).toBe(true);
});

it('what a power cut left of the variables of jobs is gone with the next start', async () => {
  const { paths, profile, command } = await usable('run');
  const secret = 'value-of-a-variable-7f3a';
  const args = ['create', '--network=none', '--name=cut', `--env=KEY=${secret}`];
  await callEngine(command, [...args, probeImage, probeCommand]);
  const early = join(dirname(paths.run), '0badb007');
  await mkdir(join(early, 'db-overlay'), { recursive: true });
  await writeFile(join(early, 'db-overlay', 'db.sql'), secret);
  const other = join(dirname(paths.run), 'not-a-boot');
  await mkdir(other, { recursive: true });
  // The next boot has a run folder of its own, and the old one may lie on a disk.
  const link = join(storageDir(paths, profile.storage), 'libpod');
  const target = await readlink(link);
  await rm(link);
  await symlink(join(early, basename(target)), link);
  await rm(target, { recursive: true });
  expect(await allContainers('run')).toBe('');
  const { stdout } = await runCommand('grep', ['-rlaF', secret, base]);
  expect(stdout).toBe('');
  expect((await readdir(dirname(paths.run))).toSorted()).toStrictEqual([
    basename(paths.run),
    'not-a-boot',
  ]);
});

it.each([
  [
    'Error: database run root /a does not match our run root /b: database configuration mismatch',
    true,
  ],
  [
    'Error: database graph driver "vfs" does not match our graph driver "overlay": database configuration mismatch',
    true,
  ],
  ['Error: database libpod temporary files directory (tmpdir) "/a" does not match "/b"', true],
  ['Error: kernel does not support overlay fs: unable to create kernel-style whiteout', false],
  ['Error: the image does not match the platform', false],
  ['', false],
])('the words %j tell of a clash: %s', (words, clash) => {
  expect(isDatabaseClash(words)).toBe(clash);
});

it('a check mends a missing probe image', async () => {
  const { command } = await usable('run');
  expect(await callEngine(command, ['rmi', '--force', probeImage])).toMatchObject({ exitCode: 0 });
  const source = {
    stateDir: join(base, 'state'),
    runDir: join(base, 'run'),
    ceiling: testCeiling,
  };
  const engine = await openPodmanEngine(source, silentLog);
  await engine.check();
  expect(await listContainers(command)).toStrictEqual([]);
  expect(await engine.removeLeftovers('nobody')).toStrictEqual([]);
  await engine.stop('unknown', 1);
});

it('paths the engine cannot take are named with the variable that mends them', async () => {
  const long = await open('x'.repeat(60));
  expect(long.problems).toMatchObject([
    { code: 'path_unusable', fix: expect.stringContaining('CYNODE_RUN_DIR') },
  ]);
  const source = {
    stateDir: join(base, 'a,b'),
    runDir: join(base, 'run'),
    ceiling: testCeiling,
  };
  await expect(openPodmanEngine(source, silentLog)).rejects.toMatchObject({
    code: 'engine_unusable',
  });
});
