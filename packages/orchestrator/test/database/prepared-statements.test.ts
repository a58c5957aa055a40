import { type TestDatabase, createTestDatabase, memoryLog } from '@cynodeai/testing';
import { type Kysely, sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDatabase } from '../../src/adapters/postgres/database.ts';
import type { Database } from '../../src/adapters/postgres/tables.ts';

let test: TestDatabase;
let db: Kysely<Database>;

beforeAll(async () => {
  test = await createTestDatabase();
  db = openDatabase({
    url: test.url,
    applicationName: 'cynode-test',
    log: memoryLog(),
    maxConnections: 1,
  });
  await sql`CREATE TABLE probe (n int)`.execute(db);
});

afterAll(async () => {
  await db.destroy();
  await test.close();
});

async function prepared(): Promise<{ statement: string; uses: number }[]> {
  const { rows } = await sql<{ statement: string; uses: number }>`
    SELECT statement, generic_plans + custom_plans AS uses FROM pg_prepared_statements
    WHERE statement LIKE '%FROM probe%'`.execute(db);
  return rows;
}

const probe = (n: number) => sql`SELECT * FROM probe WHERE n = ${n}`.execute(db);

it('a statement that comes again is prepared once and used again', async () => {
  await probe(1);
  await probe(2);
  await db.transaction().execute((trx) => sql`SELECT * FROM probe WHERE n = ${3}`.execute(trx));
  expect(await prepared()).toStrictEqual([
    { statement: 'SELECT * FROM probe WHERE n = $1', uses: 3 },
  ]);
});

it('a table changed by a migration costs one failure at most, then statements are planned anew', async () => {
  await probe(1);
  await sql`ALTER TABLE probe ADD COLUMN m int`.execute(db);
  await probe(1).catch(() => {});
  await sql`INSERT INTO probe (n, m) VALUES (${7}, ${8})`.execute(db);
  const { rows } = await probe(7);
  expect(rows).toStrictEqual([{ n: 7, m: 8 }]);
});
