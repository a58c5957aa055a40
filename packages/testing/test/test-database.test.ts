import { Client } from 'pg';
import { expect, it } from 'vitest';
import { createTestDatabase } from '../src/index.ts';

async function ask(url: string, text: string): Promise<unknown> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<{ answer: unknown }>(text)).rows[0]?.answer;
  } finally {
    await client.end();
  }
}

it('gives every caller a migrated database of its own', async () => {
  await using one = await createTestDatabase();
  await using two = await createTestDatabase();
  await ask(one.url, `INSERT INTO users (handle) VALUES ('ada')`);
  expect(await ask(one.url, 'SELECT count(*)::int AS answer FROM users')).toBe(1);
  expect(await ask(two.url, 'SELECT count(*)::int AS answer FROM users')).toBe(0);
});

it('gives the database to the role of its URL', async () => {
  await using database = await createTestDatabase();
  const owner = `SELECT pg_get_userbyid(datdba) = current_user AS answer FROM pg_database
    WHERE datname = current_database()`;
  expect(await ask(database.url, owner)).toBe(true);
});

it('drops the database at close although somebody is connected', async () => {
  const database = await createTestDatabase();
  const client = new Client({ connectionString: database.url });
  client.on('error', () => {});
  await client.connect();
  await database.close();
  await expect(ask(database.url, 'SELECT 1 AS answer')).rejects.toThrow(/does not exist/);
});

it('can start from nothing', async () => {
  await using database = await createTestDatabase({ content: 'empty' });
  expect(await ask(database.url, `SELECT to_regclass('users') AS answer`)).toBeNull();
});
