import { parseJson } from '@cynodeai/runtime/std';
import { at, textAt, waitFor } from '@cynodeai/testing/harness';
import { Given, Then, When } from '@cucumber/cucumber';
import assert from 'node:assert/strict';
import type { ScenarioNode } from '../support/scenario-node.ts';
import type { OrchestratorWorld } from '../support/orchestrator-world.ts';

const alpha = (world: OrchestratorWorld): ScenarioNode => world.node('alpha');

Given(
  'a node {string} whose model says {string}',
  async function (this: OrchestratorWorld, slug: string, text: string) {
    const node = this.node(slug, true);
    node.modelReply = { status: 200, json: { response: text, done: true } };
    await node.becomeReady();
  },
);

Given('a node {string} whose model fails', async function (this: OrchestratorWorld, slug: string) {
  const node = this.node(slug, true);
  node.modelReply = { status: 500, json: { error: 'out of memory' } };
  await node.becomeReady();
});

When('the user sends a prompt with U+0000', function (this: OrchestratorWorld) {
  return this.gateway('POST', '/v1/tasks', { prompt: 'a\u0000b' });
});

Then('the task waits for {string}', async function (this: OrchestratorWorld, reason: string) {
  await waitFor(
    async () => {
      const [row] = await this.orchestrator.query(
        `select metadata ->> 'waiting_reason' as reason from tasks where id = $1`,
        [this.taskId],
      );
      return row?.['reason'] === reason;
    },
    { what: 'the task says what it waits for' },
  );
  const task = await this.gateway('GET', `/v1/tasks/${this.taskId}`);
  assert.equal(textAt(task.json, 'status'), 'queued');
});

Then('the answer is {string}', async function (this: OrchestratorWorld, text: string) {
  const result = await this.finalResult();
  assert.equal(textAt(result.json, 'stdout'), text);
  assert.equal(at(result.json, 'exit_code'), 0);
});

Then('the model was asked exactly {string}', function (this: OrchestratorWorld, prompt: string) {
  // What it can do is asked too, without a prompt.
  const asked = alpha(this).modelCalls.flatMap((body) => at(body, 'prompt') ?? []);
  assert.deepEqual(asked, [prompt]);
});

Then(
  'the node received one job that holds {string} only as data',
  function (this: OrchestratorWorld, prompt: string) {
    const { jobs } = alpha(this);
    assert.equal(jobs.length, 1);
    const request = jobs[0]?.request;
    const files = at(request, 'sandbox.input_files');
    assert.ok(Array.isArray(files));
    const contents = files.map((file) =>
      Buffer.from(textAt(file, 'content_base64'), 'base64').toString('utf8'),
    );
    const bodies = contents.filter((text) => text.includes('pwned'));
    assert.equal(bodies.length, 1);
    assert.equal(at(parseJson(bodies[0] ?? ''), 'prompt'), prompt);
    const { input_files: _files, ...rest } = Object(at(request, 'sandbox'));
    assert.ok(!JSON.stringify(rest).includes('pwned'));
  },
);

Then('its summary names {string}', async function (this: OrchestratorWorld, words: string) {
  const result = await this.finalResult();
  assert.ok(textAt(result.json, 'summary').includes(words));
});
