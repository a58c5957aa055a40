import { Given, Then, When } from '@cucumber/cucumber';
import { type Child, type Outcome, at, waitFor } from '@cynodeai/testing/harness';
import { parseJson } from '@cynodeai/runtime/std';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { root } from '../support/orchestrator.ts';
import { OwnInstall } from '../support/own-install.ts';
import type { ProductWorld } from '../support/product-world.ts';
import { words } from '../support/stack-world.ts';
import { TwoMachines } from '../support/two-machines.ts';

/** What the scenario works with. */
interface Place {
  readonly machines: TwoMachines;
  readonly first: OwnInstall;
  readonly second: OwnInstall;
}

const places = new WeakMap<ProductWorld, Place>();
const placeOf = (world: ProductWorld): Place => {
  const place = places.get(world);
  assert.ok(place !== undefined);
  return place;
};

const minutes = (count: number) => ({ timeout: count * 60_000 });

async function well(outcome: Promise<Outcome>): Promise<string> {
  const { code, stdout, stderr } = await outcome;
  assert.equal(code, 0, stderr);
  return stdout;
}

/** A token of the first machine. */
const tokenOf = async ({ first }: Place, ...args: readonly string[]): Promise<string> =>
  (await well(first.run(['node', 'token', ...args]))).trim();

const cynork = ({ first }: Place, args: readonly string[]): Promise<Outcome> =>
  first.start(args, { program: join(root, 'cynork') }).outcome;

/** How many tasks had a job on the second machine. */
async function ranThere(place: Place): Promise<number> {
  const args = ['task', 'list', '--node', 'second', '--limit', '200', '-o', 'json'];
  return (at(parseJson(await well(cynork(place, args))), 'tasks') as readonly unknown[]).length;
}

const runs = (place: Place, count: number, script: string): readonly Child[] =>
  Array.from({ length: count }, () => place.first.start(['run', '--commands', script]));

/** Jobs on both machines at once, of which those of the second go through what is done meanwhile. */
async function meanwhile(place: Place, seconds: number, act: () => Promise<void>): Promise<void> {
  const before = await ranThere(place);
  const jobs = runs(place, 4, `sleep ${seconds}; echo end of it`);
  await waitFor(async () => (await ranThere(place)) > before, {
    what: 'a job on the second machine',
  });
  await act();
  for (const job of jobs) assert.equal(await well(job.outcome), 'end of it\n');
}

Given('two machines with a network between them', minutes(1), async function (this: ProductWorld) {
  const machines = await TwoMachines.create();
  this.atEnd(() => machines[Symbol.asyncDispose]());
  const install = (name: string, through: readonly string[]): OwnInstall => {
    const own = new OwnInstall(name, { through }).takeImages(this.stack.home);
    this.atEnd(async () => {
      const { code, stderr } = await own.remove();
      assert.equal(code, 0, stderr);
    });
    return own;
  };
  const first = install('first', machines.first.through);
  const second = install('second', machines.second.through);
  places.set(this, { machines, first, second });
});

When(
  'the first lets others in, and a node of the second joins by a token of it',
  minutes(5),
  async function (this: ProductWorld) {
    const place = placeOf(this);
    const { machines, first, second } = place;
    const listen = ['--listen', machines.first.address, '--inference', 'none'];
    const stack = first.start(['up', '--yes', ...listen]);
    this.atEnd(async () => {
      stack.process.kill('SIGTERM');
      await stack.outcome;
    });
    await stack.printed('stack: running');
    const joined = await well(second.run(['node', 'join', await tokenOf(place), '--id', 'second']));
    const home = /home=(\S+)/.exec(joined)?.[1] ?? '';
    const node = second.start(['serve', 'node', '--home', home]);
    this.atEnd(async () => {
      node.process.kill('SIGTERM');
      await node.outcome;
    });
    await waitFor(async () => (await well(first.run(['status']))).includes('second is active'), {
      what: 'the node of the second machine',
      within: 120_000,
    });
  },
);

Then(
  'jobs run on both machines, and nothing between them is in the clear',
  minutes(3),
  async function (this: ProductWorld) {
    const place = placeOf(this);
    await meanwhile(place, 2, async () => {});
    const listed: unknown = parseJson(await well(place.first.run(['status', '--json'])));
    const nodes = at(listed, 'nodes') as readonly { node_slug: string; plain_http: boolean }[];
    assert.deepEqual(
      nodes.map(({ node_slug: slug, plain_http: plain }) => [slug, plain]),
      [
        ['local', false],
        ['second', false],
      ],
    );
    const row = await well(cynork(place, ['nodes', 'get', 'second', '-o', 'json']));
    assert.match(row, /"(?:orchestrator_)?transport": "tls"/);
    // Somebody is there, and answers nothing without TLS: empty reply, or a connection that is reset.
    for (const port of [8443, 8444, 12_090]) {
      const address =
        port === 12_090 ? place.machines.second.address : place.machines.first.address;
      const { code } = await place.second.start(
        ['-sS', '-m', '5', `http://${address}:${port}/healthz`],
        { program: 'curl' },
      ).outcome;
      assert.ok([52, 56].includes(code ?? -1), `port ${port}: curl ended with ${code}`);
    }
  },
);

Then(
  'a token that was used, has expired or names another fingerprint is refused in clear words',
  minutes(2),
  async function (this: ProductWorld) {
    const place = placeOf(this);
    const { second } = place;
    const refused = async (token: string, said: string): Promise<void> => {
      const { code, stderr } = await second.run([
        'node',
        'join',
        token,
        '--id',
        'third',
        '--home',
        join(second.home, 'third'),
      ]);
      assert.notEqual(code, 0);
      assert.ok(stderr.includes(said), stderr);
    };
    const used = await tokenOf(place);
    const home = join(second.home, 'other');
    await well(second.run(['node', 'join', used, '--id', 'other', '--home', home]));
    await refused(used, 'was used before');
    const whole = parseJson(Buffer.from(await tokenOf(place), 'base64url').toString()) as object;
    const pinned = { ...whole, fingerprint: '00:'.repeat(32).slice(0, -1) };
    await refused(
      Buffer.from(JSON.stringify(pinned)).toString('base64url'),
      'another than the one that was named',
    );
    const short = await tokenOf(place, '--ttl', '10s');
    await pause(10_500);
    await refused(short, 'expired');
    // Whose clock is behind asks the control plane, which says the same.
    const late = parseJson(Buffer.from(short, 'base64url').toString()) as object;
    const later = { ...late, expires: '2999-01-01T00:00:00.000Z' };
    await refused(Buffer.from(JSON.stringify(later)).toString('base64url'), 'has expired');
  },
);

Then(
  'a job that runs on the second ends well although the certificates are rotated meanwhile',
  minutes(3),
  async function (this: ProductWorld) {
    const place = placeOf(this);
    await meanwhile(place, 15, async () => {
      const out = await well(place.first.run(['tls', 'rotate']));
      assert.match(out, /user-gateway: good until .*\ncontrol-plane: good until /);
    });
    await meanwhile(place, 1, async () => {});
  },
);

Then(
  'a job that runs on the second ends well although the network is cut for 5 s',
  minutes(3),
  async function (this: ProductWorld) {
    const place = placeOf(this);
    await meanwhile(place, 15, async () => {
      await place.machines.cable('down');
      await pause(5000);
      await place.machines.cable('up');
    });
  },
);

Then(
  'a client of the second logs in by the line that status prints on the first',
  minutes(2),
  async function (this: ProductWorld) {
    const { first, second } = placeOf(this);
    const text = await well(first.run(['status']));
    const line = /^from another machine: cynork (auth login .+ --fingerprint [0-9A-F:]+)$/m.exec(
      text,
    );
    assert.ok(line?.[1] !== undefined, text);
    const client = { program: join(root, 'cynork') };
    const args = [...words(line[1]), '--password-stdin'];
    await well(second.start(args, { ...client, input: `${first.adminPassword}\n` }).outcome);
    assert.match(await well(second.start(['nodes', 'list'], client).outcome), /second/);
    const file = readFileSync(join(second.home, '../.config/cynork/config.yaml'), 'utf8');
    assert.match(file, /authority: /);
  },
);
