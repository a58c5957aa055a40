import { at, send, textAt, waitFor } from '@cynodeai/testing/harness';
import { After, AfterAll, Given, Then, When } from '@cucumber/cucumber';
import { ulidSchema } from '@cynodeai/contracts/common';
import assert from 'node:assert/strict';
import { type ScenarioNode } from '../support/scenario-node.ts';
import type { OrchestratorWorld } from '../support/orchestrator-world.ts';
import { stopSharedPostgres } from '../support/orchestrator.ts';

const alpha = (world: OrchestratorWorld): ScenarioNode => world.node('alpha');

After({ tags: '@suite_orchestrator' }, async function (this: OrchestratorWorld) {
  await this.close();
});
AfterAll(stopSharedPostgres);

Given('a running orchestrator on an empty database', async function (this: OrchestratorWorld) {
  await this.orchestrator.start();
});

Given('a node that registered as {string}', async function (this: OrchestratorWorld, slug: string) {
  assert.equal((await this.node(slug).register()).status, 201);
});

Given('a node {string} that is ready', async function (this: OrchestratorWorld, slug: string) {
  await this.node(slug).becomeReady();
});

Given('a signed-in user', function (this: OrchestratorWorld) {
  return this.signIn();
});

Given(
  'the node answers jobs with status {string} and exit code {string}',
  function (this: OrchestratorWorld, status: 'completed' | 'failed' | 'timeout', code: string) {
    alpha(this).outcome = { status, ...(code !== '' && { exitCode: Number(code) }) };
  },
);

Given('the node holds its answers back', function (this: OrchestratorWorld) {
  alpha(this).holdBack();
});

When(
  'a node registers as {string} with the extra field {string} set to {int}',
  async function (this: OrchestratorWorld, slug: string, path: string, value: number) {
    const [outer, inner] = path.split('.');
    this.answer = await this.node(slug).register({ [String(outer)]: { [String(inner)]: value } });
  },
);

When('a node registers with the wrong pre-shared key', async function (this: OrchestratorWorld) {
  this.answer = await alpha(this).register({}, 'wrong-key-canary-0123456789');
});

When(
  'a node registers with payload version {int}',
  async function (this: OrchestratorWorld, version: number) {
    this.answer = await alpha(this).register({ version });
  },
);

When('it fetches its configuration twice', async function (this: OrchestratorWorld) {
  await alpha(this).fetchConfig();
  await alpha(this).fetchConfig();
});

When(
  'the node acknowledges its configuration as {string}',
  async function (this: OrchestratorWorld, status: string) {
    assert.equal((await alpha(this).acknowledge(status)).status, 204);
  },
);

When(
  'the user creates a task with the commands {string}',
  function (this: OrchestratorWorld, command: string) {
    return this.createTask({ input_mode: 'commands', commands: [command] });
  },
);

When(
  'the user creates a task with the prompt {string}',
  function (this: OrchestratorWorld, prompt: string) {
    return this.createTask({ prompt });
  },
);

When(
  'the user sends a task with the unknown field {string}',
  async function (this: OrchestratorWorld, field: string) {
    await this.gateway('POST', '/v1/tasks', { prompt: 'x', [field]: 'commands' });
  },
);

When('the node received the job', async function (this: OrchestratorWorld) {
  await waitFor(() => alpha(this).jobs.length > 0, { what: 'a job arrives' });
});

When('the user cancels the task', async function (this: OrchestratorWorld) {
  assert.equal((await this.gateway('POST', `/v1/tasks/${this.taskId}/cancel`)).status, 200);
});

When('the node answers now', function (this: OrchestratorWorld) {
  alpha(this).release();
});

When('the user logs out', async function (this: OrchestratorWorld) {
  assert.equal((await this.gateway('POST', '/v1/auth/logout')).status, 204);
});

When(
  'both health endpoints of the orchestrator are asked',
  async function (this: OrchestratorWorld) {
    this.answer = await send('GET', `${this.orchestrator.gateway}/healthz`);
  },
);

Then('liveness is {string}', async function (this: OrchestratorWorld, body: string) {
  assert.deepEqual([this.answer.status, this.answer.text], [200, body]);
  const control = await send('GET', `${this.orchestrator.controlPlane}/healthz`);
  assert.deepEqual([control.status, control.text], [200, body]);
});

Then(
  'readiness is 503 with the reason {string} and an action',
  async function (this: OrchestratorWorld, code: string) {
    for (const base of [this.orchestrator.gateway, this.orchestrator.controlPlane]) {
      const ready = await send('GET', `${base}/readyz`);
      assert.equal(ready.status, 503);
      assert.equal(at(ready.json, 'reasons.0.code'), code);
      assert.notEqual(textAt(ready.json, 'reasons.0.action'), '');
    }
  },
);

Then('the answer is 201 with a node token and absolute URLs', function (this: OrchestratorWorld) {
  assert.equal(this.answer.status, 201);
  assert.ok(textAt(this.answer.json, 'auth.node_jwt').split('.').length === 3);
  assert.ok(URL.canParse(textAt(this.answer.json, 'orchestrator.endpoints.node_report_url')));
});

Then(
  'the stored report of {string} holds {string} as {int}',
  async function (this: OrchestratorWorld, slug: string, path: string, value: number) {
    const [row] = await this.orchestrator.query(
      'select c.capability_snapshot as report from node_capabilities c join nodes n on n.id = c.node_id where n.node_slug = $1',
      [slug],
    );
    assert.equal(at(row, `report.${path}`), value);
  },
);

Then(
  'the answer is {int} of kind {string}',
  function (this: OrchestratorWorld, status: number, kind: string) {
    assert.equal(this.answer.status, status);
    assert.equal(textAt(this.answer.json, 'type'), `urn:cynodeai:error:${kind}`);
  },
);

Then(
  'neither the answer nor the log holds the key that was sent',
  function (this: OrchestratorWorld) {
    assert.ok(!this.answer.text.includes('canary'));
    assert.ok(!this.orchestrator.log.includes('canary'));
  },
);

Then(
  "the answer's detail names version {int} and the supported version {int}",
  function (this: OrchestratorWorld, received: number, supported: number) {
    const detail = textAt(this.answer.json, 'detail');
    assert.ok(detail.includes(String(received)) && detail.includes(String(supported)), detail);
  },
);

Then('the answer names the field {string}', function (this: OrchestratorWorld, field: string) {
  assert.ok(textAt(this.answer.json, 'detail').includes(field));
});

Then('both have the same version, which is a ULID', function (this: OrchestratorWorld) {
  const versions = alpha(this).configs.map((config) => textAt(config.json, 'config_version'));
  assert.equal(versions.length, 2);
  assert.equal(versions[0], versions[1]);
  assert.ok(ulidSchema.safeParse(versions[0]).success);
});

Then(
  'the node receives exactly one job, after its acknowledgement',
  async function (this: OrchestratorWorld) {
    await this.finalResult();
    const [first] = alpha(this).jobs;
    assert.equal(alpha(this).jobs.length, 1);
    assert.ok(first !== undefined && first.atMs >= alpha(this).ackedAtMs);
  },
);

Then('the task becomes {string}', async function (this: OrchestratorWorld, status: string) {
  assert.equal(textAt((await this.finalResult()).json, 'status'), status);
});

Then('only {string} received jobs', function (this: OrchestratorWorld, slug: string) {
  for (const node of this.nodes.values())
    assert.equal(node.jobs.length > 0, node.slug === slug, node.slug);
});

Then('no node received a job', function (this: OrchestratorWorld) {
  for (const node of this.nodes.values()) assert.deepEqual(node.jobs, []);
});

Then("its result holds the node's answer", async function (this: OrchestratorWorld) {
  const result = await this.finalResult();
  const { outcome } = alpha(this);
  assert.equal(at(result.json, 'jobs.0.result.status'), outcome.status);
  assert.equal(at(result.json, 'exit_code'), outcome.exitCode);
  assert.equal(textAt(result.json, 'stdout'), 'out\n');
});

Then('the task is {string} for good', async function (this: OrchestratorWorld, status: string) {
  await waitFor(
    async () => {
      const result = await this.gateway('GET', `/v1/tasks/${this.taskId}/result`);
      return at(result.json, 'jobs.0.result') !== undefined;
    },
    { what: 'the late answer is stored' },
  );
  assert.equal(textAt((await this.finalResult()).json, 'status'), status);
  assert.equal(at(this.answer.json, 'jobs.0.status'), status);
});

Then('canceling it again succeeds', async function (this: OrchestratorWorld) {
  assert.equal((await this.gateway('POST', `/v1/tasks/${this.taskId}/cancel`)).status, 200);
});

Then(
  'a request without a token is answered {int}',
  async function (this: OrchestratorWorld, status: number) {
    const answer = await send('GET', `${this.orchestrator.gateway}/v1/tasks/${this.taskId}/result`);
    assert.equal(answer.status, status);
  },
);

Then(
  'a request with a made-up token is answered {int}',
  async function (this: OrchestratorWorld, status: number) {
    const url = `${this.orchestrator.gateway}/v1/tasks/${this.taskId}`;
    assert.equal((await send('GET', url, { token: 'eyJhbGciOiJub25lIn0.e30.' })).status, status);
  },
);

Then(
  'a request with the token that has not expired yet is answered {int}',
  async function (this: OrchestratorWorld, status: number) {
    assert.equal((await this.gateway('GET', '/v1/users/me')).status, status);
  },
);
