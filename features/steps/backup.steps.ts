import { at, send, waitFor } from '@cynodeai/testing/harness';
import { Then, When } from '@cucumber/cucumber';
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OwnInstall } from '../support/own-install.ts';
import type { ProductWorld } from '../support/product-world.ts';
import type { StackWorld } from '../support/stack-world.ts';

/** What a scenario has backed up. */
interface BackedUp {
  readonly file: string;
  readonly passphrase: string;
  /** Tasks that were accepted before the backup began. */
  readonly before: readonly string[];
  readonly copy: OwnInstall;
}

const backedUp = new WeakMap<StackWorld, BackedUp>();
const perSecond = 20;

/** Creates tasks at a steady rate until told to stop; gives the ids in the order of their acceptance. */
function createTasks(gateway: string, token: string) {
  const accepted: string[] = [];
  const over = new AbortController();
  const one = async (): Promise<void> => {
    const json = { prompt: 'true', input_mode: 'script' };
    const answer = await send('POST', `${gateway}/v1/tasks`, { json, token });
    if (answer.status === 201) accepted.push(String(at(answer.json, 'task_id')));
  };
  const done = (async () => {
    while (!over.signal.aborted) {
      void one().catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 1000 / perSecond));
    }
  })();
  const stop = async (): Promise<void> => {
    over.abort();
    await done;
  };
  return { accepted, stop };
}

When(
  'I back the install up while tasks are accepted, and restore it to an empty folder',
  { timeout: 300_000 },
  async function (this: ProductWorld) {
    const { stack } = this;
    const tasks = createTasks(stack.gateway, await stack.login());
    const file = join(stack.files, 'backup.age');
    const passphrase = join(stack.files, 'passphrase');
    writeFileSync(passphrase, 'four words of a kind\n', { mode: 0o600 });
    await waitFor(() => tasks.accepted.length > 3 * perSecond, {
      what: 'tasks come in',
      within: 60_000,
    });
    const before = [...tasks.accepted];
    const flags = ['--passphrase-file', passphrase];
    const making = stack.cynode('backup', file, ...flags);
    // More of them would only be waited for.
    await waitFor(() => tasks.accepted.length > before.length + 5 * perSecond, {
      what: 'more tasks come in',
      within: 60_000,
    });
    await tasks.stop();
    const made = await making;
    assert.equal(made.code, 0, made.stderr);
    const copy = new OwnInstall('restored');
    this.own.push(copy);
    this.atEnd(async () => {
      const { code, stderr } = await copy.remove();
      assert.equal(code, 0, stderr);
    });
    const restored = await copy.start(['restore', file, ...flags]).outcome;
    assert.equal(restored.code, 0, restored.stderr);
    assert.match(restored.stdout, /^restored \d+ tasks/);
    backedUp.set(stack, { file, passphrase, before, copy });
  },
);

/** The tasks of an install by id, as its administrator sees them. */
async function tasksOf(gateway: string, home: string): Promise<ReadonlyMap<string, unknown>> {
  const password = readFileSync(join(home, 'secrets/admin-password'), 'utf8').trim();
  const login = await send('POST', `${gateway}/v1/auth/login`, {
    json: { handle: 'admin', password },
  });
  const token = String(at(login.json, 'access_token'));
  const found = new Map<string, unknown>();
  for (let cursor = ''; ;) {
    const query = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const { json } = await send('GET', `${gateway}/v1/tasks?limit=200${query}`, { token });
    const tasks = at(json, 'tasks');
    for (const task of Array.isArray(tasks) ? tasks : [])
      found.set(String(at(task, 'task_id')), task);
    const next = at(json, 'next_cursor');
    if (typeof next !== 'string') return found;
    cursor = next;
  }
}

const ended = new Set(['completed', 'failed', 'canceled']);

Then(
  'every task that was accepted before is there, and none that had begun begins again',
  { timeout: 300_000 },
  async function (this: ProductWorld) {
    const { stack } = this;
    const { before, copy } = backedUp.get(stack) ?? assert.fail('a backup was made');
    copy.takeImages(stack.home);
    const run = await copy.start(['run', '--yes', '--commands', 'echo again']).outcome;
    assert.deepEqual([run.code, run.stdout], [0, 'again\n'], run.stderr);
    const gateway = copy.gateway;
    const restored = await waitFor(
      async () => {
        const all = await tasksOf(gateway, copy.home);
        return [...all.values()].every((task) => ended.has(String(at(task, 'status'))))
          ? all
          : undefined;
      },
      { what: 'every task has ended', within: 200_000 },
    );
    assert.deepEqual(
      before.filter((id) => !restored.has(id)),
      [],
    );
    const original = await tasksOf(stack.gateway, stack.home);
    const again = before.filter((id) => {
      const [there, here] = [restored.get(id), original.get(id)];
      const begun = at(there, 'started_at');
      const isOwn = at(there, 'status') === 'completed' && begun !== at(here, 'started_at');
      // Those that waited in the queue run in both.
      return isOwn && String(begun) < String(at(here, 'ended_at'));
    });
    assert.deepEqual(again, []);
    assert.ok(
      before.some(
        (id) => at(restored.get(id), 'started_at') === at(original.get(id), 'started_at'),
      ),
    );
  },
);

Then(
  'another passphrase, a damaged file and a folder with an install are refused',
  { timeout: 120_000 },
  async function (this: ProductWorld) {
    const { file, passphrase, copy } = backedUp.get(this.stack) ?? assert.fail('a backup was made');
    const other = join(this.stack.files, 'other');
    writeFileSync(other, 'another passphrase\n');
    const damaged = join(this.stack.files, 'damaged.age');
    const bytes = readFileSync(file);
    writeFileSync(damaged, bytes.subarray(0, bytes.length - 1000));
    const empty = new OwnInstall('empty');
    const cases: readonly (readonly [OwnInstall, string, string, RegExp])[] = [
      [copy, file, passphrase, /holds an install/],
      [empty, file, other, /the passphrase does not open/],
      [empty, damaged, passphrase, /damaged or cut off/],
      [empty, passphrase, passphrase, /is no backup/],
      [empty, join(this.stack.files, 'none'), passphrase, /cannot read .*none/],
    ];
    for (const [install, from, word, words] of cases) {
      const refused = await install.start(['restore', from, '--passphrase-file', word]).outcome;
      assert.notEqual(refused.code, 0);
      assert.match(refused.stderr, words);
    }
    await empty.remove();
  },
);
