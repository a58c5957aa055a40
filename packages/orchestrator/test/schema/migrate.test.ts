import { createHash } from 'node:crypto';
import { cp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type TemporaryDirectory,
  type TestDatabase,
  createTestDatabase,
  memoryLog,
  temporaryDirectory,
} from '@cynodeai/testing';
import { Child } from '@cynodeai/testing/harness';
import type { Kysely } from 'kysely';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/adapters/postgres/database.ts';
import {
  currentSchemaVersion,
  expectedSchemaVersion,
  migrate,
} from '../../src/adapters/postgres/migrate.ts';
import { bundledMigrations } from '../../src/adapters/postgres/migrations.ts';
import type { Database } from '../../src/adapters/postgres/tables.ts';
import { readLiveSchema } from './live-schema.ts';

const header = '-- breaking: false\n-- transaction: true\n';
const concurrently = '-- breaking: false\n-- transaction: false\n';

let database: TestDatabase;
let folder: TemporaryDirectory;
let db: Kysely<Database>;
const log = memoryLog();

beforeEach(async () => {
  database = await createTestDatabase({ content: 'empty' });
  folder = await temporaryDirectory();
  db = openDatabase({ url: database.url, applicationName: 'test', log });
});

afterEach(async () => {
  await db.destroy();
  await database.close();
  await folder.remove();
});

const write = (file: string, sql: string): Promise<void> => writeFile(join(folder.path, file), sql);
const run = (allowBreaking = false): Promise<{ applied: readonly string[] }> =>
  migrate(database.url, { log, directory: folder.path, allowBreaking });

async function withClient<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: database.url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

const ask = <T>(sql: string): Promise<T[]> =>
  withClient(async (client) =>
    (await client.query<{ answer: T }>(sql)).rows.map((row) => row.answer),
  );

const snapshot = (): Promise<string> =>
  withClient(async (client) => {
    const { rows } = await client.query('SELECT * FROM schema_migrations ORDER BY version');
    return JSON.stringify([[...(await readLiveSchema(client))], rows]);
  });

describe('the bundled migrations', () => {
  it('are applied once by three processes that start at once (REQ-SCHEMA-0105)', async () => {
    const program = join(folder.path, 'migrate.ts');
    const entry = new URL('../../src/adapters/postgres/migrate.ts', import.meta.url).href;
    await writeFile(
      program,
      `import { migrate } from ${JSON.stringify(entry)};
       import { text } from 'node:stream/consumers';
       const quiet = () => {};
       const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
       console.error('ready');
       const { applied } = await migrate(await text(process.stdin), { log });
       console.log(applied.length);`,
    );
    const children = [1, 2, 3].map(() =>
      Child.ofScript(program, [], { env: {}, input: { open: true } }),
    );
    await Promise.all(children.map((child) => child.printed('ready')));
    const counts = children.map(async (child) => {
      child.end(database.url);
      const { code, stdout } = await child.outcome;
      expect(code).toBe(0);
      return Number(stdout);
    });
    const total = (await expectedFiles()).length;
    expect((await Promise.all(counts)).toSorted((a, b) => a - b)).toEqual([0, 0, total]);
    expect(await ask<string>('SELECT version AS answer FROM schema_migrations')).toHaveLength(
      total,
    );
  });

  it('change nothing when they run five times more (REQ-SCHEMA-0105)', async () => {
    await migrate(database.url, { log });
    const before = await snapshot();
    for (let round = 0; round < 5; round += 1) {
      expect((await migrate(database.url, { log })).applied).toEqual([]);
    }
    expect(await snapshot()).toBe(before);
  });

  it('are refused when an applied file was changed', async () => {
    await cp(bundledMigrations, folder.path, { recursive: true });
    await run();
    const file = (await expectedFiles())[1] ?? '';
    await write(file, `${header}SELECT 1;`);
    await expect(run()).rejects.toMatchObject({ code: 'migration_changed' });
  });

  it('are accepted when only comments changed, as the file itself says', async () => {
    const sql = `${header}CREATE TABLE once (id int);`;
    await write('0001_once.sql', sql);
    await run();
    const before = createHash('sha256').update(sql).digest('hex');
    const words = `-- formerly: ${before}\n-- Other words.\n`;
    await write('0001_once.sql', `${header}${words}CREATE TABLE once (id int);`);
    expect((await run()).applied).toEqual([]);
    await write('0001_once.sql', `${header}-- Other words.\nCREATE TABLE once (id int);`);
    await expect(run()).rejects.toMatchObject({ code: 'migration_changed' });
  });

  it('give an install of the hour in which 0013 was other what it lacks', async () => {
    const name = '0013_node_join_tokens.sql';
    const now = await readFile(join(bundledMigrations, name), 'utf8');
    const formerly = /^-- formerly: ([0-9a-f]+)\n/m.exec(now);
    const then = now
      .replace(formerly?.[0] ?? '', '')
      .replace(' DEFAULT gen_random_uuid()', '')
      .replace(' DEFAULT now()', '')
      .replace(/^CREATE INDEX .*\n/m, '');
    expect(createHash('sha256').update(then).digest('hex')).toBe(formerly?.[1]);
    await cp(bundledMigrations, folder.path, { recursive: true });
    for (const file of await expectedFiles()) {
      if (file > name) await rm(join(folder.path, file));
    }
    await write(name, then);
    await run();
    const look = () =>
      withClient(async (client) => {
        const table = (await readLiveSchema(client)).get('node_join_tokens');
        return {
          defaults: table?.columns.flatMap(({ name: column, fallback }) =>
            fallback === null ? [] : [column],
          ),
          indexes: table?.indexes.filter((index) => index === 'created_by'),
        };
      });
    expect(await look()).toEqual({ defaults: [], indexes: [] });
    await migrate(database.url, { log });
    const { defaults, indexes } = await look();
    expect(defaults?.toSorted()).toEqual(['created_at', 'id']);
    expect(indexes).toEqual(['created_by']);
  });

  it('enter the content that an install of before 0016 has, each once', async () => {
    await cp(bundledMigrations, folder.path, { recursive: true });
    for (const file of await expectedFiles()) {
      if (file >= '0016') await rm(join(folder.path, file));
    }
    await run();
    const [a, b] = ['a'.repeat(64), 'b'.repeat(64)];
    await withClient((client) =>
      client.query(`
        WITH owner AS (INSERT INTO users (handle) VALUES ('ada') RETURNING id),
             task AS (INSERT INTO tasks (created_by) SELECT id FROM owner RETURNING id),
             folder AS (INSERT INTO folders (owner_id, sha256, size_bytes, entries, storage_ref, last_used_at)
                        SELECT id, '${b}', 9, 1, 'file:bb/3', now() FROM owner)
        INSERT INTO task_artifacts (task_id, path, storage_ref, size_bytes, checksum_sha256)
        SELECT task.id, f.* FROM task, (VALUES
          ('one', 'file:aa/1', 5, '${a}'), ('same', 'file:aa/2', 5, '${a}'), ('shared', 'file:bb/3', 9, '${b}'),
          ('unknown', 'file:cc/4', NULL, NULL), ('elsewhere', 'inline:', 1, NULL)) AS f (path, ref, size, hash)`),
    );
    await migrate(database.url, { log });
    const entered = `SELECT json_build_array(storage_ref, sha256, size_bytes) AS answer FROM blobs ORDER BY storage_ref`;
    expect(await ask(entered)).toEqual([
      ['file:aa/1', a, 5],
      ['file:aa/2', null, 5],
      ['file:bb/3', b, 9],
      ['file:cc/4', null, 0],
    ]);
  });

  it('bring the schema from no version to the expected one', async () => {
    expect(await currentSchemaVersion(db)).toBeUndefined();
    const { version } = await migrate(database.url, { log });
    expect(await currentSchemaVersion(db)).toBe(version);
    expect(await expectedSchemaVersion()).toBe(version);
  });

  it('warn when the server has no pgvector, and go on', async () => {
    const [available] = await ask<boolean>(
      `SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'vector') AS answer`,
    );
    const own = memoryLog();
    await migrate(database.url, { log: own });
    const warned = own.lines.some((line) => line.level === 'warn' && /pgvector/.test(line.message));
    expect(warned).toBe(available !== true);
  });
});

async function expectedFiles(): Promise<string[]> {
  return (await readdir(bundledMigrations)).toSorted();
}

describe('a migration', () => {
  it('that fails leaves nothing of itself and keeps the ones before it', async () => {
    await write('0001_a.sql', `${header}CREATE TABLE a ();`);
    await write('0002_b.sql', `${header}CREATE TABLE b ();\nSELECT 1 / 0;`);
    await expect(run()).rejects.toMatchObject({
      code: 'migration_failed',
      message: expect.stringContaining('0002 (b) failed: division by zero') as unknown,
    });
    expect(await currentSchemaVersion(db)).toBe('0001');
    expect(await ask(`SELECT to_regclass('b') AS answer`)).toEqual([null]);
    await write('0002_b.sql', `${header}CREATE TABLE b ();`);
    expect((await run()).applied).toEqual(['0002']);
  });

  it('may create an index concurrently while other migrators wait', async () => {
    await write('0001_a.sql', `${header}CREATE TABLE a (id int);`);
    await write(
      '0002_index.sql',
      `${concurrently}DROP INDEX CONCURRENTLY IF EXISTS a_id_idx;\n-- statement\nCREATE INDEX CONCURRENTLY a_id_idx ON a (id);`,
    );
    const results = await Promise.all([run(), run(), run()]);
    expect(results.flatMap((result) => result.applied)).toEqual(['0001', '0002']);
    expect(
      await ask(
        `SELECT indisvalid AS answer FROM pg_index WHERE indexrelid = 'a_id_idx'::regclass`,
      ),
    ).toEqual([true]);
  });

  it('that is breaking must be allowed once the schema is in use', async () => {
    await write('0001_a.sql', `-- breaking: true\n-- transaction: true\nCREATE TABLE a ();`);
    expect((await run()).applied).toEqual(['0001']);
    await write('0002_b.sql', `-- breaking: true\n-- transaction: true\nDROP TABLE a;`);
    await expect(run()).rejects.toMatchObject({ code: 'migration_breaking' });
    expect(await currentSchemaVersion(db)).toBe('0001');
    expect((await run(true)).applied).toEqual(['0002']);
  });

  it('may not come below an applied one, nor be unknown to this release', async () => {
    await write('0002_b.sql', `${header}CREATE TABLE b ();`);
    await run();
    await write('0001_a.sql', `${header}CREATE TABLE a ();`);
    await expect(run()).rejects.toMatchObject({ code: 'migration_out_of_order' });
    await folder.remove();
    folder = await temporaryDirectory();
    await write('0001_a.sql', `${header}CREATE TABLE a ();`);
    await expect(run()).rejects.toMatchObject({ code: 'schema_newer' });
  });
});

it('stops waiting for another migrator when told to', async () => {
  await write('0001_a.sql', `${header}CREATE TABLE a ();`);
  const holder = new Client({ connectionString: database.url });
  await holder.connect();
  try {
    await run();
    await holder.query(`SELECT pg_advisory_lock(4918720411)`);
    const signal = AbortSignal.timeout(200);
    await expect(
      migrate(database.url, { log, directory: folder.path, signal }),
    ).rejects.toMatchObject({ name: 'TimeoutError' });
  } finally {
    await holder.end();
  }
});

it('passes on that the database cannot be reached', async () => {
  await write('0001_a.sql', header);
  const url = `postgresql://nobody:x@/db?host=${folder.path}`;
  await expect(migrate(url, { log, directory: folder.path })).rejects.toMatchObject({
    code: 'ENOENT',
  });
  const away = openDatabase({ url, applicationName: 'test', log });
  await expect(currentSchemaVersion(away)).rejects.toMatchObject({ code: 'ENOENT' });
  await away.destroy();
});
