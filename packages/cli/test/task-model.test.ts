import { parseJson } from '@cynodeai/runtime/std';
import { type FakeGateway, alice } from '@cynodeai/testing/doubles';
import type { Outcome } from '@cynodeai/testing/harness';
import { describe, expect, it } from 'vitest';
import type { Home } from './support/cynork.ts';
import { eachTest } from './support/each-test.ts';

const env = { CYNORK_TOKEN: alice.token };
let gateway: FakeGateway;
let home: Home;

eachTest((place) => ({ gateway, home } = place));

const cynork = (...args: string[]): Promise<Outcome> => home.run(args, { env });

/** A prompt that this model answered. */
const answeredBy = (model: string) => ({
  stdout: '42',
  inference: { model, finish_reason: 'stop' },
});

describe('the answer of a model', () => {
  it.each(['cynode-demo', 'cynode-demo:latest'])(
    'of %s is called what it is, also where hints are unwanted',
    async (model) => {
      const { id } = gateway.addTask().end(answeredBy(model));
      for (const args of [[], ['-q'], ['--wait'], ['-o', 'json']]) {
        const { code, stdout, stderr } = await cynork('task', 'result', id, ...args);
        expect(code).toBe(0);
        expect(stdout).toContain('42');
        expect(stderr).toMatch(/^answered by cynode-demo, a rule-based stand-in, not a neural/m);
      }
    },
  );

  it('of the demo model is named by task create --result too (REQ-CLIENT-0151)', async () => {
    gateway.tasks.onCreated = (task) => task.end(answeredBy('cynode-demo:latest'));
    const outcome = await cynork('task', 'create', '-p', 'What is 6*7?', '--result');
    expect(outcome.stdout).toContain('stdout=42');
    expect(outcome.stderr).toContain('answered by cynode-demo');
  });

  it('of a real model is named in JSON and passed over in silence elsewhere', async () => {
    const { id } = gateway.addTask().end(answeredBy('qwen3.5:0.8b'));
    expect((await cynork('task', 'result', id)).stderr).toBe('');
    const { stdout } = await cynork('task', 'result', id, '-o', 'json');
    expect(parseJson(stdout)).toMatchObject({
      jobs: [{ result: { inference: { model: 'qwen3.5:0.8b', finish_reason: 'stop' } } }],
    });
  });
});
