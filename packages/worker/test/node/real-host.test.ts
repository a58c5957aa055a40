import { waitToPass } from '@cynodeai/testing';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { resetEngine } from './support/reset-engine.ts';
import { longSleeps, TestNode } from './support/test-node.ts';

it('sees within a minute that the real runtime or mount root broke, and that it works again', async () => {
  await using node = await TestNode.create();
  node.realHost = true;
  node.env['CYNODE_RUN_DIR'] = join(node.stateDir, 'run');
  await node.start();
  const readyz = async (text: string): Promise<void> => {
    await waitToPass(() => expect(node.time.waiting).toBe(longSleeps));
    node.time.advance(60_000);
    await waitToPass(async () => expect((await node.get('/readyz')).text).toBe(text));
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
  await resetEngine(node.stateDir, join(node.stateDir, 'run'));
});
