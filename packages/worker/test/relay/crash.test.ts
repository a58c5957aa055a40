import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { containerNames, holdersOfNetwork, untilClean } from '../support/leftovers.ts';
import { engines, type TestEngine } from '../support/test-engine.ts';
import { until } from '../support/until.ts';

const program = fileURLToPath(new URL('../support/node-process.ts', import.meta.url));

describe.each(engines)('$name', ({ open }) => {
  let test: TestEngine;

  beforeAll(async () => {
    test = await open();
  });

  afterAll(() => test.close());

  /** What the job has written into its file `up`. */
  async function wordOfTheJob(): Promise<string | undefined> {
    const root = join(test.stateDir, 'mounts');
    const [id] = await readdir(root).catch(() => []);
    if (id === undefined) return undefined;
    const word = await readFile(join(root, id, 'workspace', 'up'), 'utf8').catch(() => '');
    return word.endsWith('\n') ? word.trim() : undefined;
  }

  it('a killed node takes the way to the model along, and its successor the rest (REQ-WORKER-0114)', async () => {
    const script =
      "inference: trap '' TERM; curl -sS $OLLAMA_BASE_URL/api/version && readlink /proc/self/ns/net >up; " +
      'while curl -s $OLLAMA_BASE_URL/api/version; do sleep 0.1; done; echo cut >>up; sleep 1000';
    const args = [program, ...test.processArguments, 'node-a', '50', script];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    const network = await until('the job runs', wordOfTheJob, 20_000);
    expect(network).toMatch(/^net:\[\d+\]$/);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await until('the job lost its model', async () =>
      (await wordOfTheJob())?.endsWith('cut') === true ? true : undefined,
    );
    await until('only the sandbox is left', async () => {
      const names = await containerNames(test);
      return names.length === 1 && names[0]?.startsWith('cynode-sandbox-') === true
        ? true
        : undefined;
    });
    const successor = await test.node('node-a');
    expect(await test.engine.removeLeftovers('node-a')).toHaveLength(1);
    expect(await successor.workspace.removeStrays()).toHaveLength(1);
    await untilClean(test);
    await until('the network is gone', async () =>
      (await holdersOfNetwork(network)).length === 0 ? true : undefined,
    );
  }, 90_000);
});
