import { parseJson } from '@cynodeai/runtime/std';
import { at, textAt, waitFor } from '@cynodeai/testing/harness';
import { After, AfterAll, Given, Then, When } from '@cucumber/cucumber';
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runMixedJobs, stackLeftovers } from '../support/mixed-jobs.ts';
import type { ProductWorld } from '../support/product-world.ts';
import { stopStack, words } from '../support/stack-world.ts';

After({ timeout: 120_000 }, function (this: ProductWorld) {
  return this.end();
});
AfterAll({ timeout: 300_000 }, stopStack);

const unescaped = (text: string): string =>
  text.replaceAll('\\n', '\n').replaceAll('\\t', '\t').replaceAll('\\"', '"');

Given('the whole stack is running', { timeout: 600_000 }, async function (this: ProductWorld) {
  await this.stack.start();
});

Given('I am logged out of cynork', async function (this: ProductWorld) {
  assert.equal((await this.stack.cynork(['auth', 'logout'])).code, 0);
});

async function logIn(world: ProductWorld): Promise<void> {
  const args = ['auth', 'login', '--user', 'admin', '--password-stdin'];
  const { code, stderr } = await world.stack.cynork(args, world.stack.adminPassword);
  assert.equal(code, 0, stderr);
}

Given('I am logged in with cynork', function (this: ProductWorld) {
  return logIn(this);
});

When('I log in with cynork as the administrator', function (this: ProductWorld) {
  return logIn(this);
});

Given(
  'a file {string} of {int} random bytes',
  function (this: ProductWorld, name: string, size: number) {
    writeFileSync(join(this.stack.files, name), randomBytes(size));
  },
);

Given(
  'a file {string} holding {string}',
  function (this: ProductWorld, name: string, text: string) {
    writeFileSync(join(this.stack.files, name), `${unescaped(text)}\n`);
  },
);

Given(
  'a script {string} holding {string}',
  function (this: ProductWorld, name: string, text: string) {
    writeFileSync(join(this.stack.files, name), `${unescaped(text)}\n`);
    chmodSync(join(this.stack.files, name), 0o755);
  },
);

Then(
  'the files {string} and {string} are the same',
  function (this: ProductWorld, one: string, other: string) {
    const [first, second] = [one, other].map((name) => readFileSync(join(this.stack.files, name)));
    assert.ok(first !== undefined && second !== undefined && first.equals(second));
  },
);

When('I run cynork with {string}', async function (this: ProductWorld, line: string) {
  await this.stack.cynork(words(line));
});

When(
  'I run cynork with {string} and answer {string}',
  async function (this: ProductWorld, line: string, answer: string) {
    await this.stack.cynork(words(line), `${answer}\n`);
  },
);

When(
  'I attach it to a task that runs {string}',
  async function (this: ProductWorld, command: string) {
    const args = [
      'task',
      'create',
      '--command',
      command,
      '--attach',
      join(this.stack.files, 'blob.bin'),
    ];
    await this.stack.cynork([...args, '--result', '-o', 'json']);
  },
);

When('I run cynode with {string}', async function (this: ProductWorld, line: string) {
  this.processesBefore = await roleProcesses(this);
  await this.stack.cynode(...words(line));
});

When(
  'I run cynode with {string} into {string}',
  async function (this: ProductWorld, line: string, path: string) {
    await this.stack.cynodeInto(path, words(line));
  },
);

When(
  'I start cynode with {string} and interrupt it once the job has made the file {string}',
  async function (this: ProductWorld, line: string, name: string) {
    const child = this.stack.spawn('cynode', words(line));
    await waitFor(() => this.stack.jobFiles(name).length > 0, {
      what: 'the job has come that far',
    });
    child.process.kill('SIGINT');
    await this.stack.ended(child);
  },
);

When(
  'I submit 100 jobs at once: success, failure, timeout, much output, stubborn sleepers',
  { timeout: 900_000 },
  async function (this: ProductWorld) {
    this.mixed = await runMixedJobs(this.stack, 100);
  },
);

Then(/^(?:cynork|cynode) exits with (\d+)$/, function (this: ProductWorld, code: string) {
  assert.equal(this.stack.last.code, Number(code), this.stack.last.stderr);
});

Then(
  '{string} shows the user {string}',
  async function (this: ProductWorld, line: string, user: string) {
    const { code, stdout } = await this.stack.cynork(words(line));
    assert.equal(code, 0);
    assert.match(stdout, new RegExp(`user=${user}`));
  },
);

Then(
  'the session file is private and nothing printed holds the password',
  function (this: ProductWorld) {
    assert.equal(statSync(this.stack.config).mode & 0o777, 0o600);
    const { stdout, stderr } = this.stack.last;
    const stored = readFileSync(this.stack.config, 'utf8');
    for (const text of [stdout, stderr, stored])
      assert.ok(!text.includes(this.stack.adminPassword));
  },
);

Then('the error says how to log in', function (this: ProductWorld) {
  assert.match(this.stack.last.stderr, /cynork auth login/);
});

Then('the error output says {string}', function (this: ProductWorld, text: string) {
  assert.ok(this.stack.last.stderr.includes(text), this.stack.last.stderr);
});

Then(
  'the JSON value has {string} {string} and {string} {string}',
  function (this: ProductWorld, key1: string, value1: string, key2: string, value2: string) {
    const value: unknown = parseJson(this.stack.last.stdout);
    assert.deepEqual([at(value, key1), at(value, key2)], [unescaped(value1), unescaped(value2)]);
  },
);

Then("the sum in the result is the file's", function (this: ProductWorld) {
  const bytes = readFileSync(join(this.stack.files, 'blob.bin'));
  const sum = createHash('sha256').update(bytes).digest('hex');
  assert.ok(textAt(parseJson(this.stack.last.stdout), 'stdout').startsWith(sum));
});

Then('standard output holds {string}', function (this: ProductWorld, text: string) {
  assert.ok(this.stack.last.stdout.includes(text), this.stack.last.stdout);
});

Then('the file {string} holds {string}', function (this: ProductWorld, name: string, text: string) {
  assert.equal(readFileSync(join(this.stack.files, name), 'utf8'), `${text}\n`);
});

Then('standard error holds {string}', function (this: ProductWorld, text: string) {
  assert.ok(this.stack.last.stderr.includes(text), this.stack.last.stderr);
});

Then('the newest task is {string}', async function (this: ProductWorld, status: string) {
  const tasks = await this.stack.get('/v1/tasks?limit=1', await this.stack.login());
  assert.equal(at(tasks.json, 'tasks.0.status'), status);
});

Then('no sandbox container is left', function (this: ProductWorld) {
  assert.deepEqual(stackLeftovers(this.stack.home), []);
});

async function roleProcesses(world: ProductWorld): Promise<string> {
  const status = await world.stack.status();
  return JSON.stringify(at(status, 'roles'), (key, value: unknown) =>
    ['name', 'pid', 'pids'].includes(key) || typeof value === 'object' ? value : undefined,
  );
}

Then('the processes of the stack are the same as before', async function (this: ProductWorld) {
  assert.ok(this.processesBefore.includes('pid'));
  assert.equal(await roleProcesses(this), this.processesBefore);
});

Then('every job ends in the state its kind demands', function (this: ProductWorld) {
  assert.deepEqual(
    this.mixed.filter((job) => job.problem !== undefined),
    [],
  );
  assert.equal(this.mixed.length, 100);
});

Then('no container, job directory or mount is left', async function (this: ProductWorld) {
  await waitFor(() => stackLeftovers(this.stack.home).length === 0, { what: 'nothing is left' });
});
