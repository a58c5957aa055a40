import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import { createDatabase, templateOf, withClient, withDatabase } from './test-server.ts';

/** A database of one test file. */
export interface TestDatabase extends AsyncDisposable {
  readonly url: string;
  /** Drops it, whoever is still connected. */
  close(): Promise<void>;
}

export interface TestDatabaseOptions {
  /** `migrated` (the default): a clone of the template. `empty`: as `createdb` makes it. */
  readonly content?: 'migrated' | 'empty';
}

/**
 * A database of its own on the server of this test run; it takes 50 to 250 ms. Close it in `afterAll`, or declare it
 * with `await using`: a database left behind fails the run.
 */
export async function createTestDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const access = inject('postgres');
  const name = `${access.prefix}${randomBytes(4).toString('hex')}`;
  const template = options.content === 'empty' ? 'template0' : templateOf(access);
  await withClient(access.adminUrl, (client) => createDatabase(client, access, name, template));
  const close = async (): Promise<void> => {
    await withClient(access.adminUrl, async (client) => {
      await client.query(`DROP DATABASE IF EXISTS ${client.escapeIdentifier(name)} WITH (FORCE)`);
    });
  };
  return { url: withDatabase(access.applicationUrl, name), close, [Symbol.asyncDispose]: close };
}
