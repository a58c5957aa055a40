import { Child, type Outcome, at, send, waitFor } from '@cynodeai/testing/harness';
import { Given, Then, When } from '@cucumber/cucumber';
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { entriesBelow } from '../support/entries-below.ts';
import { root } from '../support/orchestrator.ts';
import { OwnInstall } from '../support/own-install.ts';
import type { ProductWorld } from '../support/product-world.ts';
import { words } from '../support/stack-world.ts';

const homes: Readonly<Record<string, () => OwnInstall>> = {
  'a folder with blanks': () => new OwnInstall('a b  c'),
  'a folder with a colon': () => new OwnInstall('a:b'),
  'a folder with letters beyond ASCII': () => new OwnInstall('Ünï-日本-ж'),
  'a folder with a path of 100 characters': () => new OwnInstall('x'.repeat(80)),
  'a folder with what a shell, a flag or a list would take apart': () =>
    new OwnInstall(`a,b="c'd\\e%f $g;h=i&j`),
  'a folder of an unprivileged user without HOME': () => new OwnInstall('ü ser', { asUser: true }),
};

/** How many installs are started at once; more of them is a longer run of the same. */
const firstStarts = Number(process.env['FIRST_STARTS'] ?? 2);

/** What the README tells a newcomer to run. */
function firstCommand(): string[] {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const line = /^ {4}\.\/cynode (.+)$/m.exec(readme)?.[1];
  assert.ok(line !== undefined, 'the README names a first command');
  return words(line);
}

function keep(world: ProductWorld, install: OwnInstall): OwnInstall {
  install.takeImages(world.stack.home);
  world.own.push(install);
  world.atEnd(async () => {
    const { code, stderr } = await install.remove();
    assert.equal(code, 0, stderr);
  });
  return install;
}

function assertWorked({ code, stdout, stderr }: Outcome): void {
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^PRETTY_NAME=.*Debian[^]*\n\d+\n$/);
}

Given(/^another install in (a folder .+)$/, function (this: ProductWorld, name: string) {
  const make = homes[name];
  assert.ok(make !== undefined, `there is no home ${name}`);
  keep(this, make());
});

Given('other installs that have never been started', function (this: ProductWorld) {
  for (let index = 0; index < firstStarts; index += 1) keep(this, new OwnInstall(`first-${index}`));
});

When(
  /^I run the first command of the README (?:there|in all of them at once)$/,
  { timeout: 900_000 },
  async function (this: ProductWorld) {
    this.outcomes = await Promise.all(this.own.map((install) => install.run(firstCommand())));
  },
);

Then(
  /^(?:it|each) prints what a sandbox is and how many processors it has$/,
  function (this: ProductWorld) {
    assert.equal(this.outcomes.length, this.own.length);
    this.outcomes.forEach(assertWorked);
  },
);

Then(
  'deleting that install leaves nothing',
  { timeout: 120_000 },
  async function (this: ProductWorld) {
    const [install] = this.own;
    assert.ok(install !== undefined);
    const { runDir, home } = install;
    const { code, stderr } = await install.run(['reset', '--yes']);
    assert.equal(code, 0, stderr);
    assert.deepEqual([...readdirSync(home), ...entriesBelow(runDir)], []);
  },
);

Then(
  'each has ports of its own, and no gateway was ever called by somebody it does not know',
  async function (this: ProductWorld) {
    const ports = this.own.flatMap((install) => install.ports);
    assert.equal(new Set(ports).size, ports.length);
    for (const install of this.own) {
      // Every request leaves a line, so that none is missed: a password or a token of another install was refused.
      const calls = install.gatewayCalls();
      assert.ok(calls.some(([route]) => route === 'auth.local'));
      assert.deepEqual(
        calls.filter(([, status]) => [400, 401, 403, 404].includes(status)),
        [],
      );
      // What another would have been told is another secret.
      const others = this.own.filter((other) => other !== install);
      for (const [owner, expected] of [[install, 200] as const, [others[0], 401] as const]) {
        const json = { handle: 'admin', password: owner?.adminPassword };
        const { status } = await send('POST', `${install.gateway}/v1/auth/login`, { json });
        assert.equal(status, expected);
      }
    }
  },
);

When(
  'I start its stack in the foreground into {string}',
  { timeout: 300_000 },
  async function (this: ProductWorld, path: string) {
    this.outcomes = await Promise.all(
      this.own.map((install) => install.start(['up', '--yes'], { into: path }).outcome),
    );
  },
);

Then('it exits with 125 and nothing of it runs', async function (this: ProductWorld) {
  const [install] = this.own;
  assert.ok(install !== undefined);
  assert.equal(this.outcomes[0]?.code, 125, this.outcomes[0]?.stderr);
  assert.match(this.outcomes[0].stderr, /cannot write the output/);
  const { stdout } = await install.run(['status', '--output', 'json']);
  assert.match(stdout, /"state": "stopped"/);
  const own = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => commandOf(pid).includes(install.home));
  assert.deepEqual(own.map(commandOf), []);
});

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

When(
  'I run cynode with {string} on a terminal and close it once the job has made the file {string}',
  async function (this: ProductWorld, line: string, name: string) {
    const command = words(line).map((word) => `'${word}'`);
    // The leader of the terminal's session passes no hang-up on.
    const script = `trap '' HUP; (trap - HUP; '${join(root, 'cynode')}' ${command.join(' ')}); true`;
    const terminal = new Child('script', ['-qfc', script, '/dev/null'], {
      cwd: this.stack.files,
      env: { ...this.stack.env(), SHELL: '/bin/sh' },
    });
    await waitFor(() => this.stack.jobFiles(name).length > 0, {
      what: 'the job has come that far',
    });
    terminal.process.kill('SIGKILL');
    await terminal.exit;
  },
);

Then('the newest task gets {string}', async function (this: ProductWorld, status: string) {
  const token = await this.stack.login();
  await waitFor(
    async () => {
      const tasks = await this.stack.get('/v1/tasks?limit=1', token);
      return at(tasks.json, 'tasks.0.status') === status;
    },
    { what: `the newest task is ${status}` },
  );
  await waitFor(() => this.stack.jobFiles('up').length === 0, { what: 'its workspace is gone' });
});
