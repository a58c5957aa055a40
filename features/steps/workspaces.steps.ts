import { at, parseJson } from '@cynodeai/runtime/std';
import { waitFor } from '@cynodeai/testing/harness';
import { Given, Then, When } from '@cucumber/cucumber';
import assert from 'node:assert/strict';
import { globSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProductWorld } from '../support/product-world.ts';
import { killRole } from '../support/kill-role.ts';

/** Contents of the workspaces that the node of the stack keeps. */
const keptContents = (world: ProductWorld): readonly string[] =>
  globSync(join(world.stack.home, 'node/sandbox_mounts/.kept-*/*/content'));

/** The one that a job was sent to run in: its program lies there. */
const content = (world: ProductWorld): Promise<string> =>
  waitFor(
    () =>
      keptContents(world).find((path) => globSync(join(path, '.cynode/commands.sh')).length > 0),
    { what: 'a job has its workspace' },
  );

Given(
  'a task {string} in the workspace {string} of the command {string}',
  async function (this: ProductWorld, name: string, workspace: string, command: string) {
    const args = ['--name', name, '--workspace', workspace, '--command', command];
    const { code, stderr } = await this.stack.cynork(['task', 'create', ...args]);
    assert.equal(code, 0, stderr);
  },
);

const get = async (world: ProductWorld, name: string): Promise<unknown> => {
  const { stdout } = await world.stack.cynork(['task', 'get', name, '-o', 'json']);
  return parseJson(stdout);
};

Then(
  'the task {string} waits, for {string}',
  async function (this: ProductWorld, name: string, words: string) {
    await waitFor(async () => String(at(await get(this, name), 'waiting_text')).includes(words), {
      what: `${name} says what it waits for`,
    });
    assert.equal(at(await get(this, name), 'status'), 'queued');
  },
);

When(
  'the job in the workspace {string} has begun',
  async function (this: ProductWorld, _workspace: string) {
    await content(this);
  },
);

When(
  'the job in the workspace {string} finds the file {string}',
  async function (this: ProductWorld, _workspace: string, file: string) {
    writeFileSync(join(await content(this), file), '');
  },
);

When('the process of the node is killed', async function (this: ProductWorld) {
  await killRole(this.stack, 'node');
});

Then('{string} sees no workspace', async function (this: ProductWorld, user: string) {
  const config = join(this.stack.files, `${user}.yaml`);
  const args = ['--config', config, 'workspaces', 'list', '-o', 'json'];
  const { code, stdout, stderr } = await this.stack.ended(this.stack.spawn('cynork', args));
  assert.equal(code, 0, stderr);
  assert.deepEqual(at(parseJson(stdout), 'workspaces'), []);
});

Then('no kept workspace is on the node', async function (this: ProductWorld) {
  await waitFor(() => keptContents(this).length === 0, { what: 'the removal on the node' });
});
