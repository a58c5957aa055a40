import { randomUUID } from 'node:crypto';
import { type TestDatabase, createTestDatabase, memoryLog } from '@cynodeai/testing';
import type { Kysely } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { openDatabase } from '../../src/adapters/postgres/database.ts';
import { postgresPreferenceReader } from '../../src/adapters/postgres/preferences/preference-reader.ts';
import { postgresPreferenceTransaction } from '../../src/adapters/postgres/preferences/preference-transaction.ts';
import type { Database } from '../../src/adapters/postgres/tables.ts';
import { effectivePreferences } from '../../src/domain/preferences/effective-preferences.ts';
import type { PreferenceRef } from '../../src/domain/preferences/preference.ts';

const log = memoryLog();
let test: TestDatabase;
let db: Kysely<Database>;

beforeAll(async () => {
  test = await createTestDatabase();
  db = openDatabase({ url: test.url, applicationName: 'test', log });
});
beforeEach(async () => {
  await db.deleteFrom('preference_audit_log').execute();
  await db.deleteFrom('preference_entries').execute();
});
afterAll(async () => {
  await db.destroy();
  await test.close();
});

const at = new Date('2026-01-02T03:04:05.678Z');
const change = { actor: 'system', reason: undefined, at };
const system = (key: string): PreferenceRef => ({ scopeType: 'system', scopeId: undefined, key });
const put = (ref: PreferenceRef, value: unknown, valueType: 'string' | 'number' = 'string') =>
  db
    .transaction()
    .execute((trx) =>
      postgresPreferenceTransaction(trx).write({ ...ref, value, valueType }, change),
    );
const reader = () => postgresPreferenceReader(db);

it('reads every scope of a context and no other, for the fold', async () => {
  const [userId, one, two, projectId, taskId] = Array.from({ length: 5 }, () => randomUUID()) as [
    string,
    string,
    string,
    string,
    string,
  ];
  const context = { userId, groupIds: [one, two], projectId, taskId };
  await put(system('a'), 'system');
  await put({ scopeType: 'group', scopeId: one < two ? one : two, key: 'a' }, 'lower group');
  await put({ scopeType: 'group', scopeId: one < two ? two : one, key: 'a' }, 'higher group');
  const read = async () => effectivePreferences(await reader().within(context)).effective;
  expect(await read()).toStrictEqual({ a: 'higher group' });
  await put({ scopeType: 'user', scopeId: userId, key: 'a' }, 'user');
  await put({ scopeType: 'project', scopeId: projectId, key: 'a' }, null);
  for (const scopeType of ['user', 'group', 'project', 'task'] as const) {
    await put({ scopeType, scopeId: randomUUID(), key: 'a' }, 'of somebody else');
  }
  expect(await read()).toStrictEqual({ a: null });
  await put({ scopeType: 'task', scopeId: taskId, key: 'a' }, 5);
  expect(await read()).toStrictEqual({ a: null });
  expect(effectivePreferences(await reader().within({ groupIds: [] })).effective).toStrictEqual({
    a: 'system',
  });
});

it('lists one scope by prefix, page by page in byte order', async () => {
  for (const key of ['b.2', 'b.1', 'B.3', 'c']) await put(system(key), key);
  await put({ scopeType: 'user', scopeId: randomUUID(), key: 'b.0' }, 'x');
  const list = async (keyPrefix: string, after: string | undefined, limit: number) => {
    const scope = { scopeType: 'system' as const, scopeId: undefined };
    const found = await reader().list({ ...scope, keyPrefix, after, limit });
    return found.map(({ key }) => key);
  };
  expect(await list('', undefined, 2)).toStrictEqual(['B.3', 'b.1']);
  expect(await list('', 'b.1', 9)).toStrictEqual(['b.2', 'c']);
  expect(await list('b.', undefined, 9)).toStrictEqual(['b.1', 'b.2']);
});

it('counts versions one by one when many write at once, with a row of audit each', async () => {
  const ref = { scopeType: 'user' as const, scopeId: randomUUID(), key: 'k' };
  const written = await Promise.all(Array.from({ length: 8 }, (_, at) => put(ref, `v${at}`)));
  expect(new Set(written.map(({ version }) => version))).toStrictEqual(
    new Set([1, 2, 3, 4, 5, 6, 7, 8]),
  );
  await db.transaction().execute(async (trx) => {
    const preferences = postgresPreferenceTransaction(trx);
    const held = await preferences.lock(ref);
    if (held !== undefined) await preferences.remove(held, change);
  });
  expect(await reader().find(ref)).toBeUndefined();
  const rows = await db.selectFrom('preference_audit_log').selectAll().execute();
  const operations = rows.map(({ operation }) => operation).toSorted();
  expect(operations).toStrictEqual(['create', 'delete', ...Array<string>(7).fill('update')]);
  expect(rows.every(({ scope_id, key }) => scope_id === ref.scopeId && key === 'k')).toBe(true);
});
