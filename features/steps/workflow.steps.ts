import { send } from '@cynodeai/testing/harness';
import { After, Given, Then, When } from '@cucumber/cucumber';
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProductWorld } from '../support/product-world.ts';

const setting = '/v1/settings/workflow.prompts';

async function change(
  { stack }: ProductWorld,
  ...[method, json]: readonly ['PUT', unknown] | readonly ['DELETE']
): Promise<number> {
  const options = { token: await stack.login(), ...(json !== undefined && { json }) };
  return (await send(method, `${stack.gateway}${setting}`, options)).status;
}

Given('prompts are left to their workflow', async function (this: ProductWorld) {
  assert.ok([200, 201].includes(await change(this, 'PUT', { value: true })));
});

After({ tags: '@workflow' }, async function (this: ProductWorld) {
  await change(this, 'DELETE');
});

When(
  'I attach the texts {string} and {string} to the prompt {string}',
  { timeout: 120_000 },
  async function (this: ProductWorld, first: string, second: string, prompt: string) {
    const paths = [first, second].map((text, index) => {
      const path = join(this.stack.files, `${index + 1}.txt`);
      writeFileSync(path, `${text}\n`);
      return path;
    });
    const attached = paths.flatMap((path) => ['--attach', path]);
    await this.stack.cynode('run', prompt, ...attached, '--out', join(this.stack.files, 'left'));
  },
);

Then(
  'the file {string} has the line {string}',
  function (this: ProductWorld, name: string, line: string) {
    const text = readFileSync(join(this.stack.files, name), 'utf8');
    assert.ok(text.split('\n').includes(line), text);
  },
);
