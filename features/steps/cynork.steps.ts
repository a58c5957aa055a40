import { parseJson } from '@cynodeai/runtime/std';
import { at, Child, textAt, waitFor } from '@cynodeai/testing/harness';
import { Given, Then, When } from '@cucumber/cucumber';
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../support/orchestrator.ts';
import type { ProductWorld } from '../support/product-world.ts';
import { type Ended, words } from '../support/stack-world.ts';

/** What one scenario knows of its task and its users. */
interface Known {
  taskId: string;
  offered: readonly string[];
  readonly passwords: Map<string, string>;
  readonly oldPasswords: Map<string, string>;
}

const known = new WeakMap<ProductWorld, Known>();

function knownTo(world: ProductWorld): Known {
  const mine = known.get(world) ?? {
    taskId: '',
    offered: [],
    passwords: new Map<string, string>(),
    oldPasswords: new Map<string, string>(),
  };
  known.set(world, mine);
  return mine;
}

const newPassword = (): string => randomBytes(18).toString('base64url');

async function succeed(
  world: ProductWorld,
  args: readonly string[],
  input?: string,
): Promise<Ended> {
  const ended = await world.stack.cynork(args, input);
  assert.equal(ended.code, 0, ended.stderr);
  return ended;
}

/** Runs cynork as somebody else, with a session file of their own. */
function runAs(
  world: ProductWorld,
  user: string,
  args: readonly string[],
  input?: string,
): Promise<Ended> {
  const config = join(world.stack.files, `${user}.yaml`);
  return world.stack.ended(world.stack.spawn('cynork', ['--config', config, ...args], input));
}

function logInAs(world: ProductWorld, user: string, password: string | undefined): Promise<Ended> {
  assert.ok(password !== undefined);
  return runAs(world, user, ['auth', 'login', '--user', user, '--password-stdin'], `${password}\n`);
}

/** The session file of the administrator, kept for the whole run: logins of one handle are counted. */
let session: { readonly gateway: string; readonly file: string } | undefined;

Given('I work as the administrator', async function (this: ProductWorld) {
  const { config, gateway, adminPassword } = this.stack;
  if (session?.gateway === gateway) {
    writeFileSync(config, session.file, { mode: 0o600 });
    return;
  }
  const args = ['auth', 'login', '--user', 'admin', '--password-stdin'];
  await succeed(this, args, `${adminPassword}\n`);
  session = { gateway, file: readFileSync(config, 'utf8') };
});

async function create(world: ProductWorld, args: readonly string[]): Promise<void> {
  const { stdout } = await succeed(world, ['task', 'create', ...args, '-o', 'json']);
  knownTo(world).taskId = textAt(parseJson(stdout), 'task_id');
}

Given('a task of the command {string}', function (this: ProductWorld, command: string) {
  return create(this, ['--command', command]);
});

Given(
  'a task named {string} of the command {string}',
  function (this: ProductWorld, name: string, command: string) {
    return create(this, ['--name', name, '--command', command]);
  },
);

When('I wait for its result with {string}', async function (this: ProductWorld, line: string) {
  await this.stack.cynork(words(line.replace('<task>', knownTo(this).taskId)));
});

When('I watch it and press Ctrl+C once it runs', async function (this: ProductWorld) {
  const args = ['--config', this.stack.config, 'task', 'watch', knownTo(this).taskId];
  const child = this.stack.spawn('cynork', args);
  await waitFor(() => child.stdout.includes('status=running'), { what: 'it runs', within: 60_000 });
  child.process.kill('SIGINT');
  await this.stack.ended(child);
});

Then('the task still runs', async function (this: ProductWorld) {
  const { taskId } = knownTo(this);
  const { stdout } = await succeed(this, ['task', 'get', taskId, '-o', 'json']);
  assert.equal(at(parseJson(stdout), 'status'), 'running');
  await succeed(this, ['task', 'cancel', taskId, '-y']);
});

Then(
  'every line is one event, the last a {string} of {string}',
  function (this: ProductWorld, event: string, status: string) {
    const lines = this.stack.last.stdout.trimEnd().split('\n');
    const all = lines.map((line): unknown => parseJson(line));
    assert.ok(all.every((value) => typeof at(value, 'event') === 'string'));
    const last = all.at(-1);
    assert.deepEqual([at(last, 'event'), at(last, 'status')], [event, status]);
    const logged = all.filter((value) => at(value, 'event') === 'job.log');
    assert.equal(logged.map((value) => textAt(value, 'text')).join(''), 'watched\n');
  },
);

Then(
  'standard output holds {string} and nothing else',
  function (this: ProductWorld, text: string) {
    assert.equal(this.stack.last.stdout, text.replaceAll('\\n', '\n'));
  },
);

When(
  'bash with the completion script completes {string}',
  async function (this: ProductWorld, line: string) {
    const script = `source <(cynork completion bash)
COMP_WORDS=(cynork --config ${this.stack.config} ${line.replace(/^cynork /, '')})
COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
_cynork cynork
printf '%s\\n' "\${COMPREPLY[@]}"
`;
    const env = this.stack.env();
    const child = new Child('/bin/bash', ['--norc'], {
      cwd: this.stack.files,
      env: { ...env, PATH: `${root}:${env['PATH']}` },
      input: script,
    });
    assert.equal(await child.ended, 0, child.stderr);
    knownTo(this).offered = child.stdout.trimEnd().split('\n');
  },
);

Then('it offers {string}', function (this: ProductWorld, word: string) {
  assert.ok(knownTo(this).offered.includes(word), knownTo(this).offered.join(' '));
});

Given('a new user {string} made with cynork', async function (this: ProductWorld, user: string) {
  const password = newPassword();
  knownTo(this).passwords.set(user, password);
  const args = ['users', 'create', user, '--email', `${user}@example.org`, '--password-stdin'];
  const { stdout, stderr } = await succeed(this, args, `${password}\n`);
  assert.match(stdout, new RegExp(`^user_id=[0-9a-f-]{36} handle=${user}\n$`));
  assert.ok(!(stdout + stderr).includes(password));
});

When('I try to make the user {string} again', async function (this: ProductWorld, user: string) {
  await this.stack.cynork(['users', 'create', user, '--password-stdin'], `${newPassword()}\n`);
});

When('I reset the password of {string}', async function (this: ProductWorld, user: string) {
  const { passwords, oldPasswords } = knownTo(this);
  oldPasswords.set(user, passwords.get(user) ?? '');
  const password = newPassword();
  passwords.set(user, password);
  await succeed(this, ['users', 'reset-password', user, '--password-stdin'], `${password}\n`);
});

Then('{string} can log in', async function (this: ProductWorld, user: string) {
  const { code, stderr } = await logInAs(this, user, knownTo(this).passwords.get(user));
  assert.equal(code, 0, stderr);
  const { stdout } = await runAs(this, user, ['auth', 'whoami']);
  assert.match(stdout, new RegExp(`user=${user}\n$`));
});

Then('{string} cannot log in', async function (this: ProductWorld, user: string) {
  assert.equal((await logInAs(this, user, knownTo(this).passwords.get(user))).code, 3);
});

Then('the old password of {string} is refused', async function (this: ProductWorld, user: string) {
  assert.equal((await logInAs(this, user, knownTo(this).oldPasswords.get(user))).code, 3);
});

Then(
  '{string} may not run {string}',
  async function (this: ProductWorld, user: string, line: string) {
    const { code, stdout } = await runAs(this, user, words(line));
    assert.deepEqual({ code, stdout }, { code: 3, stdout: '' });
  },
);

Then(
  'the active roles of {string} are {string}',
  async function (this: ProductWorld, user: string, roles: string) {
    const { stdout } = await succeed(this, ['users', 'roles', user, '-o', 'json']);
    const bindings = at(parseJson(stdout), 'bindings');
    assert.ok(Array.isArray(bindings));
    const active = bindings.filter((binding) => at(binding, 'is_active') === true);
    assert.equal(active.map((binding) => textAt(binding, 'role')).join(' '), roles);
  },
);
