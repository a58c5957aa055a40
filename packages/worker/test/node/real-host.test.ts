import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { mustRun } from '@cynodeai/runtime/process';
import { expect, it, vi } from 'vitest';
import { TestNode } from './support/test-node.ts';

const engineCommand = join(import.meta.dirname, '../../src/processes/engine.ts');
const limit = { timeout: 20_000, interval: 50 };

it('sees within a minute that the real runtime or mount root broke, and that it works again', async () => {
  await using node = await TestNode.create();
  node.realHost = true;
  node.env['CYNODE_RUN_DIR'] = join(node.stateDir, 'run');
  await node.start();
  const readyz = async (text: string): Promise<void> => {
    await vi.waitFor(() => expect(node.time.waiting).toBe(3), limit);
    node.time.advance(60_000);
    await vi.waitFor(async () => expect((await node.get('/readyz')).text).toBe(text), limit);
  };
  const configFile = join(node.stateDir, 'engine', 'containers.conf');
  const intact = await readFile(configFile, 'utf8');
  await writeFile(configFile, '[[broken');
  await readyz('not ready: container runtime');
  await writeFile(configFile, intact);
  await readyz('ready');
  const mounts = join(node.stateDir, 'sandbox_mounts');
  await rename(mounts, `${mounts}.away`);
  await writeFile(mounts, 'a file where a directory should be');
  await readyz('not ready: sandbox mount root');
  await rm(mounts);
  await readyz('ready');
  await node.stop();
  // Files of mapped user ids can be removed by the engine only.
  const { stateDir } = node;
  await mustRun(process.execPath, [engineCommand, 'reset'], {
    env: {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: stateDir,
      CYNODE_STATE_DIR: stateDir,
      CYNODE_RUN_DIR: join(stateDir, 'run'),
    },
  });
});
