import { parseJson } from '@cynodeai/runtime/std';
import { testToken } from '@cynodeai/testing/doubles';
import { at, send, textAt, waitFor } from '@cynodeai/testing/harness';
import { After, AfterAll, Given, Then, When } from '@cucumber/cucumber';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { stopSharedNode } from '../support/node-world.ts';
import type { ProductWorld } from '../support/product-world.ts';

After({ tags: '@suite_worker_node' }, async function (this: ProductWorld) {
  await this.worker.close();
});
AfterAll(stopSharedNode);

Given('a running node with a real container engine', async function (this: ProductWorld) {
  await this.worker.sharedNode();
});

Given('an orchestrator with unusual URL paths', async function (this: ProductWorld) {
  await this.worker.prepare('normal');
});

Given('an orchestrator that refuses the pre-shared key', async function (this: ProductWorld) {
  await this.worker.prepare('refuses-key');
});

Given(
  'an orchestrator that sends the configuration of another node',
  async function (this: ProductWorld) {
    await this.worker.prepare('foreign-config');
  },
);

When('a node starts against it', async function (this: ProductWorld) {
  const { ownNode } = this.worker;
  ownNode.orchestrator.onCall = async (call) => {
    if (!call.startsWith('ack')) return;
    // A node that refuses its configuration has not opened its port yet.
    const health = await send('GET', `${ownNode.url}/healthz`).catch(() => undefined);
    if (health !== undefined) this.worker.answer = health;
  };
  await ownNode.start();
});

When(
  'the node runs {string} with the file {string} holding {string}',
  async function (this: ProductWorld, line: string, path: string, content: string) {
    const file = { path, content_base64: Buffer.from(content).toString('base64') };
    await this.worker.run(line, { input_files: [file] });
  },
);

When('the node runs {string}', async function (this: ProductWorld, line: string) {
  await this.worker.run(line);
});

When(
  'the node runs {string} with a limit of {int} second',
  async function (this: ProductWorld, line: string, seconds: number) {
    await this.worker.run(line, { timeout_seconds: seconds });
  },
);

When('the node is asked to run a job without a token', async function (this: ProductWorld) {
  const node = await this.worker.sharedNode();
  this.worker.answer = await send('POST', `${node.url}/v1/worker/jobs:run`, { json: {} });
});

When('the node is sent a chunked body of 11 MiB', async function (this: ProductWorld) {
  const node = await this.worker.sharedNode();
  const chunk = new Uint8Array(1024 * 1024).fill(120);
  let left = 11;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if ((left -= 1) < 0) controller.close();
      else controller.enqueue(chunk);
    },
  });
  const response = await fetch(`${node.url}/v1/worker/jobs:run`, {
    method: 'POST',
    body,
    duplex: 'half',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${testToken}`,
    },
  });
  const text = await response.text();
  this.worker.answer = { status: response.status, text, json: { ...(parseJson(text) as object) } };
});

Then(
  'the job is {string} with exit code {int}',
  function (this: ProductWorld, status: string, code: number) {
    const { result } = this.worker;
    assert.deepEqual([result.status, result.exit_code], [status, code], result.stderr);
  },
);

Then('the job is {string} without an exit code', function (this: ProductWorld, status: string) {
  assert.equal(this.worker.result.status, status);
  assert.ok(!('exit_code' in this.worker.result));
});

Then('its output is {string}', function (this: ProductWorld, expected: string) {
  assert.equal(this.worker.result.stdout.trim(), expected);
});

Then(
  'no container, process, mount or directory of the job is left',
  async function (this: ProductWorld) {
    await waitFor(async () => (await this.worker.leftovers()).length === 0, {
      what: 'nothing of the job is left',
    });
  },
);

Then('the only network interface it saw is {string}', function (this: ProductWorld, name: string) {
  assert.equal(this.worker.result.stdout.split('\n')[0], name);
});

Then('it had no capabilities and could gain no privileges', function (this: ProductWorld) {
  const { stdout } = this.worker.result;
  assert.match(stdout, /^CapEff:\s+0{16}$/m);
  assert.match(stdout, /^CapBnd:\s+0{16}$/m);
  assert.match(stdout, /^NoNewPrivs:\s+1$/m);
  assert.match(stdout, /^Seccomp:\s+2$/m);
});

Then(
  'its output holds no host name, no address of a name server and no secret of the node',
  async function (this: ProductWorld) {
    const node = await this.worker.sharedNode();
    const nameServers = [
      ...readFileSync('/etc/resolv.conf', 'utf8').matchAll(/^nameserver\s+(\S+)/gm),
    ];
    const forbidden = [
      hostname(),
      ...nameServers.map(([, address]) => String(address)),
      ...node.orchestrator.secrets,
    ];
    for (const text of forbidden) assert.ok(!this.worker.answer.text.includes(text), text);
  },
);

Then(
  'the node answers {int} of kind {string}',
  function (this: ProductWorld, status: number, kind: string) {
    assert.equal(this.worker.answer.status, status);
    assert.equal(textAt(this.worker.answer.json, 'type'), `urn:cynodeai:error:${kind}`);
  },
);

Then(
  'its standard output is cut at {int} bytes on a whole character',
  function (this: ProductWorld, limit: number) {
    const { stdout, truncated } = this.worker.result;
    const bytes = Buffer.byteLength(stdout);
    assert.equal(truncated.stdout, true);
    assert.ok(bytes <= limit && bytes > limit - 4, String(bytes));
    assert.ok(!stdout.includes('\uFFFD'));
    assert.ok('äöü€ß…'.repeat(stdout.length).startsWith(stdout));
  },
);

Then('its standard error is {string} and not cut', function (this: ProductWorld, expected: string) {
  assert.equal(this.worker.result.stderr.trim(), expected);
  assert.equal(this.worker.result.truncated.stderr, false);
});

Then(
  'it asks for registration, then configuration, then acknowledges {string}',
  async function (this: ProductWorld, status: string) {
    const { orchestrator } = this.worker.ownNode;
    await waitFor(() => orchestrator.acks.length > 0, { what: 'the node acknowledges' });
    assert.deepEqual(orchestrator.calls, ['register', 'fetch', `ack:${status}`]);
  },
);

Then(
  'the node was already answering {string} on healthz when it acknowledged',
  async function (this: ProductWorld, body: string) {
    await waitFor(() => this.worker.answer.status !== 0, { what: 'healthz was asked' });
    assert.deepEqual([this.worker.answer.status, this.worker.answer.text], [200, body]);
  },
);

Then(
  'the node ends with a failure and tells why without the key',
  async function (this: ProductWorld) {
    const { ownNode } = this.worker;
    assert.notEqual(await ownNode.ended, 0);
    assert.match(ownNode.log, /key|registration/i);
    for (const secret of ownNode.orchestrator.secrets) assert.ok(!ownNode.log.includes(secret));
  },
);

Then(
  'it acknowledges {string} and ends with a failure',
  async function (this: ProductWorld, status: string) {
    const { ownNode } = this.worker;
    assert.notEqual(await ownNode.ended, 0);
    assert.equal(at(ownNode.orchestrator.acks[0], 'status'), status);
  },
);
