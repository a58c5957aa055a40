import { Given, Then, When } from '@cucumber/cucumber';
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PrivateDocker } from '../../packages/worker/test/support/private-docker.ts';
import type { ProductWorld } from '../support/product-world.ts';
import { words } from '../support/stack-world.ts';

Given(
  'another install, and a Docker daemon named by DOCKER_HOST',
  { timeout: 120_000 },
  async function (this: ProductWorld) {
    const { stack } = this;
    const home = mkdtempSync(join(tmpdir(), 'cyn-other-'));
    this.atEnd(async () => rmSync(home, { recursive: true, force: true }));
    // Its image is built already: building is not what is shown here.
    mkdirSync(join(home, 'images'), { mode: 0o700 });
    cpSync(join(stack.home, 'images'), join(home, 'images'), { recursive: true });
    const docker = await PrivateDocker.start();
    this.atEnd(() => docker[Symbol.asyncDispose]());
    this.docker = docker;
    Object.assign(stack.extraEnv, { CYNODE_HOME: home, DOCKER_HOST: docker.host });
    this.atEnd(async () => void (await stack.cynode('reset', '--yes')));
  },
);

When(
  'I run cynode with {string} and {word} {string}',
  { timeout: 120_000 },
  async function (this: ProductWorld, line: string, name: string, value: string) {
    const { extraEnv } = this.stack;
    extraEnv[name] = value;
    try {
      await this.stack.cynode(...words(line));
    } finally {
      delete extraEnv[name];
    }
  },
);

Then(/^the daemon ran (\d+) sandbox(?:es)?$/, async function (this: ProductWorld, count: string) {
  assert.equal((await this.docker?.startedSandboxes())?.length, Number(count));
});

Then('Podman of that install was never asked', function (this: ProductWorld) {
  const home = this.stack.extraEnv['CYNODE_HOME'] ?? '';
  assert.ok(existsSync(join(home, 'node')));
  assert.ok(!existsSync(join(home, 'node/engine')));
});
