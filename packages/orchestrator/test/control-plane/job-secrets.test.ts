import { fakeNode } from '@cynodeai/testing/doubles';
import { waitFor } from '@cynodeai/testing';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sealSecret } from '../../src/adapters/crypto/job-secrets.ts';
import { readPublicKey } from '../../src/adapters/postgres/secrets/public-key.ts';
import { postgresTransactSecrets } from '../../src/adapters/postgres/secrets/secret-store.ts';
import { type TestControlPlane, testControlPlane } from './support/control-plane.ts';
import { type TaskIds, createTask, jobIn, readJob, sandboxPayload } from './support/tasks.ts';

const value = 'canary-of-a-secret-9d21';
const sandbox = { supported: true, features: ['job_secrets'], max_concurrency: 2 };
let plane: TestControlPlane;

beforeAll(async () => {
  plane = await testControlPlane();
});
afterAll(() => plane[Symbol.asyncDispose]());

/** Keeps a secret of the creator of a task, as the gateway does. */
async function keep(ids: TaskIds, name: string, sealedAs = name): Promise<void> {
  const { created_by: ownerId } = await plane.db
    .selectFrom('tasks')
    .select('created_by')
    .where('id', '=', ids.taskId)
    .executeTakeFirstOrThrow();
  const publicKey = (await readPublicKey(plane.db)) ?? '';
  const sealed = sealSecret(publicKey, { ownerId, name: sealedAs }, value);
  await postgresTransactSecrets(plane.db)((transaction) =>
    transaction.write({ ownerId, name }, { ...sealed, sizeBytes: value.length }, new Date()),
  );
}

const withSecrets = (...secrets: string[]) => ({ payload: { ...sandboxPayload, secrets } });

describe('secrets of a job', () => {
  it('are opened when it is sent, and stand nowhere in the database', async () => {
    const ids = await createTask(plane.db, withSecrets('KEY'));
    await keep(ids, 'KEY');
    await using node = await fakeNode({ slug: 'trusted', report: { sandbox } });
    await node.join(plane.url);
    await jobIn(plane.db, ids, 'completed');
    expect(node.runs.at(-1)?.sandbox.secrets).toEqual([{ name: 'KEY', value }]);
    const tables = await plane.db.introspection.getTables();
    for (const { name } of tables) {
      const { rows } = await sql<{ text: string }>`
        SELECT t::text AS text FROM ${sql.table(name)} t`.execute(plane.db);
      for (const { text } of rows) {
        for (const form of [value, btoa(value).slice(0, -2), Buffer.from(value).toString('hex')])
          expect(text).not.toContain(form);
      }
    }
    expect(plane.log.text()).not.toContain(value);
  });

  it('wait for a node that can be given them, and the task says so', async () => {
    await plane.db.updateTable('nodes').set({ status: 'inactive' }).execute();
    const ids = await createTask(plane.db, withSecrets('KEY2'));
    await keep(ids, 'KEY2');
    const other = await createTask(plane.db);
    await using old = await fakeNode({ slug: 'older' });
    await old.join(plane.url);
    await jobIn(plane.db, other, 'completed');
    await waitFor(
      async () => {
        const { metadata } = await plane.db
          .selectFrom('tasks')
          .select('metadata')
          .where('id', '=', ids.taskId)
          .executeTakeFirstOrThrow();
        return metadata?.['waiting_reason'] === 'no_node_for_secrets';
      },
      { what: 'the reason on the task' },
    );
    await using node = await fakeNode({ slug: 'newer', report: { sandbox } });
    await node.join(plane.url);
    await jobIn(plane.db, ids, 'completed');
    expect(old.runs.some(({ sandbox: { secrets } }) => secrets !== undefined)).toBe(false);
    expect(node.runs.at(-1)?.sandbox.secrets).toEqual([{ name: 'KEY2', value }]);
  });

  it.each<[string, (ids: TaskIds) => Promise<void>, RegExp]>([
    ['is gone', async () => {}, /the secret LOST is gone; set it with: cynork secrets set LOST/],
    ['was moved', (ids) => keep(ids, 'LOST', 'OTHER'), /the secret LOST cannot be opened/],
  ])('fail the job when one %s, with the next command', async (_what, before, words) => {
    await plane.db.updateTable('nodes').set({ status: 'inactive' }).execute();
    const ids = await createTask(plane.db, withSecrets('LOST'));
    await before(ids);
    await using node = await fakeNode({ slug: `lost-${Math.random()}`, report: { sandbox } });
    await node.join(plane.url);
    await jobIn(plane.db, ids, 'failed');
    const job = await readJob(plane.db, ids);
    expect(JSON.stringify(job.result)).toMatch(words);
    expect(node.runs).toEqual([]);
  });
});
