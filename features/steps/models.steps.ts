import { at, send, textAt, waitFor } from '@cynodeai/testing/harness';
import { Given, Then, When } from '@cucumber/cucumber';
import assert from 'node:assert/strict';
import type { OrchestratorWorld } from '../support/orchestrator-world.ts';
import { serving, smallModel } from '../support/scenario-node.ts';

/** The first reason of each role, '' for one that is ready. */
async function reasons({ orchestrator }: OrchestratorWorld): Promise<readonly string[]> {
  const bases = [orchestrator.gateway, orchestrator.controlPlane];
  const answers = await Promise.all(bases.map((base) => send('GET', `${base}/readyz`)));
  return answers.map(({ status, json }) => (status === 200 ? '' : textAt(json, 'reasons.0.code')));
}

Given('nodes may download models unasked', async function (this: OrchestratorWorld) {
  if (this.token === '') await this.signIn();
  await this.gateway('PUT', '/v1/settings/models.download.require_user_approval', { value: false });
  assert.ok([200, 201].includes(this.answer.status), this.answer.text);
});

Given(
  'a node {string} whose models take their time',
  async function (this: OrchestratorWorld, slug: string) {
    const node = this.node(slug, true);
    node.loadsAs = 'loading';
    await node.becomeReady();
  },
);

When('the models of {string} are there', async function (this: OrchestratorWorld, slug: string) {
  const node = this.node(slug);
  await waitFor(() => node.models.size > 0, { what: 'a model is asked for' });
  for (const name of node.models.keys()) node.models.set(name, { status: 'available' });
});

When(
  'the node {string} reports that its models are gone',
  async function (this: OrchestratorWorld, slug: string) {
    const node = this.node(slug);
    await waitFor(
      async () => {
        const [row] = await this.orchestrator.query(
          `select value ->> 'status' as status from orchestrator_state where key = 'pm_model'`,
          [],
        );
        return row?.['status'] === 'available';
      },
      { what: 'the selection is stored as available' },
    );
    node.models.clear();
    await node.sendReport(serving());
  },
);

When(
  'the node {string} reports that its models are back',
  function (this: OrchestratorWorld, slug: string) {
    return this.node(slug).sendReport(serving(smallModel));
  },
);

When(
  'the user sets {string} to {string}',
  function (this: OrchestratorWorld, key: string, value: string) {
    return this.gateway('PUT', `/v1/settings/${key}`, { value });
  },
);

When(
  'the user sets version {int} of {string} to {string}',
  function (this: OrchestratorWorld, version: number, key: string, value: string) {
    return this.gateway('PUT', `/v1/settings/${key}`, { value, expected_version: version });
  },
);

Then('the answer says {string}', function (this: OrchestratorWorld, words: string) {
  assert.ok(this.answer.text.includes(words), this.answer.text);
});

Then('the setting has version {int}', function (this: OrchestratorWorld, version: number) {
  assert.ok([200, 201].includes(this.answer.status), this.answer.text);
  assert.equal(at(this.answer.json, 'version'), version);
});

Then(
  'readiness becomes 503 with the reason {string}',
  async function (this: OrchestratorWorld, code: string) {
    await waitFor(async () => (await reasons(this)).every((reason) => reason === code), {
      what: `both roles say ${code}`,
    });
  },
);

Then('the orchestrator becomes ready', async function (this: OrchestratorWorld) {
  await waitFor(async () => (await reasons(this)).every((reason) => reason === ''), {
    what: 'both roles are ready',
  });
});

Then(
  'the node {string} is asked for the model {string} and no other',
  async function (this: OrchestratorWorld, slug: string, model: string) {
    const { models } = this.node(slug);
    await waitFor(() => models.size > 0, { what: 'a model is asked for' });
    assert.deepEqual([...models.keys()], [model]);
  },
);
