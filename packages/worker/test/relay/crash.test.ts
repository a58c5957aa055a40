import { AnsweringServer, Child, waitFor } from '@cynodeai/testing/harness';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InferenceForwarder } from '../../src/adapters/relay/inference-forwarder.ts';
import { createInferenceRelay } from '../../src/adapters/relay/inference-relay.ts';
import { containerNames, holdersOfNetwork, untilClean } from '../support/leftovers.ts';
import { engines, type TestEngine } from '../support/test-engine.ts';

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

  it('a killed node takes the way to the model along, another gives it back, and its successor removes the rest (REQ-WORKER-0114)', async () => {
    const script =
      "inference: trap '' TERM; curl -sS $OLLAMA_BASE_URL/api/version && readlink /proc/self/ns/net >up; " +
      'while curl -s $OLLAMA_BASE_URL/api/version; do sleep 0.1; done; echo cut >>up; ' +
      'until curl -s $OLLAMA_BASE_URL/api/version; do sleep 0.1; done; echo again >>up; ' +
      'while curl -s $OLLAMA_BASE_URL/api/version; do sleep 0.1; done; echo gone >>up; sleep 1000';
    const args = [...test.processArguments, 'node-a', '50', script];
    const child = Child.ofScript(program, args);
    const network = await waitFor(wordOfTheJob, { what: 'the job runs' });
    expect(network).toMatch(/^net:\[\d+\]$/);
    child.kill();
    await child.exit;
    await waitFor(async () => (await wordOfTheJob())?.endsWith('cut') === true, {
      what: 'the job lost its model',
    });
    await waitFor(
      async () => {
        const names = await containerNames(test);
        return names.length === 1 && names[0]?.startsWith('cynode-sandbox-') === true;
      },
      { what: 'only the sandbox is left' },
    );
    // Whoever goes on with the job gives it its model again, until that ends too.
    await using upstream = await AnsweringServer.start((_request, response) =>
      response.end('back'),
    );
    const service = { upstream: () => upstream.url };
    const relay = createInferenceRelay(service, new InferenceForwarder({ service }));
    const [name = ''] = await containerNames(test);
    const reopened = await test.reopen();
    const { signal } = new AbortController();
    const way = await reopened.rejoinNetwork(name, relay.serve, signal);
    await waitFor(async () => (await wordOfTheJob())?.endsWith('again') === true, {
      what: 'the job has its model again',
    });
    await way.close();
    await waitFor(async () => (await wordOfTheJob())?.endsWith('gone') === true, {
      what: 'the job lost its model once more',
    });

    const successor = await test.node('node-a');
    expect(await test.engine.removeLeftovers('node-a')).toHaveLength(1);
    expect(await successor.workspace.removeStrays()).toHaveLength(1);
    await untilClean(test);
    await waitFor(async () => (await holdersOfNetwork(network)).length === 0, {
      what: 'the network is gone',
    });
  }, 90_000);
});
