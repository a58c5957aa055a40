import { parseJson } from '@cynodeai/runtime/std';
import {
  type MockGateway,
  jobId,
  jobResult,
  json,
  result,
  task,
  taskId,
} from '@cynodeai/testing/doubles';
import type { Outcome } from '@cynodeai/testing/harness';
import { describe, expect, it } from 'vitest';
import type { Home } from './support/cynork.ts';
import { eachTest } from './support/each-test.ts';

const env = { CYNORK_TOKEN: 'token-1' };
let gateway: MockGateway;
let home: Home;

eachTest((place) => ({ gateway, home } = place));

const cynork = (...args: string[]): Promise<Outcome> => home.run(args, { env });

/** The gateway's answer about a prompt that this model answered. */
function answeredBy(model: string): ReturnType<typeof json> {
  const inference = { model, finish_reason: 'stop' };
  const job = { id: jobId, status: 'completed', result: jobResult('42', '', { inference }) };
  return json(200, { ...result('completed', { stdout: '42' }), jobs: [job] });
}

describe('the answer of a model', () => {
  it.each(['cynode-demo', 'cynode-demo:latest'])(
    'of %s is called what it is, also where hints are unwanted',
    async (model) => {
      gateway.on(`GET /v1/tasks/${taskId}/result`, answeredBy(model));
      for (const args of [[], ['-q'], ['--wait'], ['-o', 'json']]) {
        const { code, stdout, stderr } = await cynork('task', 'result', taskId, ...args);
        expect(code).toBe(0);
        expect(stdout).toContain('42');
        expect(stderr).toMatch(/^answered by cynode-demo, a rule-based stand-in, not a neural/m);
      }
    },
  );

  it('of the demo model is named by task create --result too (REQ-CLIENT-0151)', async () => {
    gateway.on('POST /v1/tasks', json(201, task('queued')));
    gateway.on(`GET /v1/tasks/${taskId}/result`, answeredBy('cynode-demo:latest'));
    const outcome = await cynork('task', 'create', '-p', 'What is 6*7?', '--result');
    expect(outcome.stdout).toContain('stdout=42');
    expect(outcome.stderr).toContain('answered by cynode-demo');
  });

  it('of a real model is named in JSON and passed over in silence elsewhere', async () => {
    gateway.on(`GET /v1/tasks/${taskId}/result`, answeredBy('qwen3.5:0.8b'));
    expect((await cynork('task', 'result', taskId)).stderr).toBe('');
    const { stdout } = await cynork('task', 'result', taskId, '-o', 'json');
    expect(parseJson(stdout)).toMatchObject({
      jobs: [{ result: { inference: { model: 'qwen3.5:0.8b', finish_reason: 'stop' } } }],
    });
  });
});
