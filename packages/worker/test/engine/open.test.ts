import { mkdtemp, readlink, rm, symlink } from 'node:fs/promises';
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
import { storageDir } from '../../src/adapters/container/podman/open-storage.ts';
import { openPodmanEngine } from '../../src/adapters/container/podman/podman-engine.ts';
import { probeCommand, probeImage } from '../../src/adapters/container/shared/tiny-image.ts';
import { resetEngine } from '../../src/adapters/container/podman/reset-engine.ts';
import { testCeiling } from '../support/test-engine.ts';
import { silentLog } from '@cynodeai/runtime/observe';

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
