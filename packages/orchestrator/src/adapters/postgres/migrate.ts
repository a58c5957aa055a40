import { sleep } from '@cynodeai/runtime/lifecycle';
import type { Log } from '@cynodeai/runtime/observe';
import { messageOf } from '@cynodeai/runtime/std';
import { sql } from 'kysely';
import { Client, DatabaseError } from 'pg';
import type { Executor } from './database.ts';
import { type Migration, MigrationError, readMigrations } from './migrations.ts';

export { MigrationError, type MigrationErrorCode } from './migrations.ts';

export interface MigrateOptions {
  readonly log: Log;
  /** Folder of the files; the bundled ones unless told. */
  readonly directory?: string;
  /** Lets breaking files be applied to a schema that is in use. */
  readonly allowBreaking?: boolean;
  /** Stops waiting for another migrator; a file that runs is finished. */
  readonly signal?: AbortSignal;
}

export interface MigrateResult {
  /** Versions applied by this call, in order; empty when there was nothing to do. */
  readonly applied: readonly string[];
  /** Version of the schema now. */
  readonly version: string;
}

interface AppliedRow {
  readonly version: string;
  readonly checksum: string;
}

/** Any number, the same in every release: it is what two migrators meet on. */
const lockKey = 4_918_720_411;
const lockPollMs = 100;

/**
 * Brings the schema to the version of the files: DDL bootstrap, then every pending file in order,
 * under one advisory lock, so that any number of processes may call it at once. Running it again
 * changes nothing. See docs/reference/database.md#migrations, REQ-SCHEMA-0100 to REQ-SCHEMA-0105.
 * @throws MigrationError; files before the failing one stay applied.
 */
export async function migrate(url: string, options: MigrateOptions): Promise<MigrateResult> {
  const migrations = await readMigrations(options.directory);
  const client = new Client({
    connectionString: url,
    application_name: 'cynode-migrate',
    connectionTimeoutMillis: 5000,
  });
  // A connection lost meanwhile fails the statement that runs; the event must only not end the process.
  client.on('error', (error) => {
    options.log.warn('migration connection lost', { error: messageOf(error) });
  });
  await client.connect();
  try {
    await lock(client, options.signal);
    await bootstrap(client, options.log);
    return await applyPending(client, migrations, options);
  } finally {
    // Ends the session, which releases the lock.
    await client.end();
  }
}

/**
 * Polls instead of waiting inside the server: a session that blocks in `pg_advisory_lock` holds a snapshot, and
 * `CREATE INDEX CONCURRENTLY` of the holder would wait for that snapshot for ever.
 */
async function lock(client: Client, signal: AbortSignal | undefined): Promise<void> {
  for (;;) {
    signal?.throwIfAborted();
    const { rows } = await client.query<{ locked: boolean }>(
      'SELECT pg_try_advisory_lock($1::bigint) AS locked',
      [lockKey],
    );
    if (rows[0]?.locked === true) return;
    await sleep(lockPollMs, signal);
  }
}

async function bootstrap(client: Client, log: Log): Promise<void> {
  await client.query(`CREATE TABLE IF NOT EXISTS schema_migrations (
    version text COLLATE "C" PRIMARY KEY,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamptz(3) NOT NULL DEFAULT now()
  )`);
  const { rows } = await client.query<{ installed: boolean }>(
    `SELECT installed_version IS NOT NULL AS installed FROM pg_available_extensions WHERE name = 'vector'`,
  );
  if (rows[0]?.installed === true) return;
  try {
    if (rows.length > 0) await client.query('CREATE EXTENSION IF NOT EXISTS vector');
    else log.warn('the server has no pgvector; vector search will not be available');
  } catch (error) {
    log.warn(
      'pgvector could not be enabled; ask the database administrator to create the extension',
      {
        error: messageOf(error),
      },
    );
  }
}

async function applyPending(
  client: Client,
  migrations: readonly Migration[],
  options: MigrateOptions,
): Promise<MigrateResult> {
  const { rows } = await client.query<AppliedRow>(
    'SELECT version, checksum FROM schema_migrations ORDER BY version',
  );
  const pending = checkPlan(migrations, rows, options.allowBreaking === true);
  for (const migration of pending) {
    await apply(client, migration);
    const { version, name, breaking } = migration;
    options.log.info('migration applied', { version, name, breaking });
  }
  return {
    applied: pending.map((migration) => migration.version),
    version: newestOf(migrations),
  };
}

/** The files to apply. On an empty database nothing can break, so the breaking flag does not count there. */
function checkPlan(
  migrations: readonly Migration[],
  applied: readonly AppliedRow[],
  allowBreaking: boolean,
): Migration[] {
  const known = new Map(migrations.map((migration) => [migration.version, migration]));
  for (const row of applied) {
    const migration = known.get(row.version);
    if (migration === undefined) {
      throw new MigrationError(
        'schema_newer',
        `the database has migration ${row.version}, which this release does not know; use a newer release`,
      );
    }
    if (row.checksum !== migration.checksum && row.checksum !== migration.formerly) {
      throw new MigrationError(
        'migration_changed',
        `migration ${row.version} was changed after it had been applied; restore the file and add a new one`,
      );
    }
  }
  const newest = applied.at(-1)?.version ?? '';
  const done = new Set(applied.map((row) => row.version));
  const pending = migrations.filter((migration) => !done.has(migration.version));
  for (const { version, breaking } of pending) {
    if (version < newest) {
      throw new MigrationError(
        'migration_out_of_order',
        `migration ${version} is pending below the applied ${newest}; give it a higher version`,
      );
    }
    if (breaking && applied.length > 0 && !allowBreaking) {
      throw new MigrationError(
        'migration_breaking',
        `migration ${version} is breaking; stop all processes, take a backup and allow breaking migrations`,
      );
    }
  }
  return pending;
}

async function apply(client: Client, migration: Migration): Promise<void> {
  const { version, name, checksum, transactional } = migration;
  try {
    if (transactional) await client.query('BEGIN');
    for (const statement of migration.statements) await client.query(statement);
    await client.query(
      'INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)',
      [version, name, checksum],
    );
    if (transactional) await client.query('COMMIT');
  } catch (cause) {
    throw new MigrationError(
      'migration_failed',
      `migration ${version} (${name}) failed: ${messageOf(cause)}`,
      { cause },
    );
  }
}

function newestOf(migrations: readonly Migration[]): string {
  return migrations.at(-1)?.version ?? '';
}

/** Version this code was written for. @throws MigrationError when the files cannot be read. */
export async function expectedSchemaVersion(directory?: string): Promise<string> {
  return newestOf(await readMigrations(directory));
}

const undefinedTable = '42P01';

/** Version of the schema of a database; undefined when it was never migrated. */
export async function currentSchemaVersion(db: Executor): Promise<string | undefined> {
  try {
    const { rows } = await sql<{ version: string | null }>`
      SELECT max(version) AS version FROM schema_migrations
    `.execute(db);
    return rows[0]?.version ?? undefined;
  } catch (error) {
    if (error instanceof DatabaseError && error.code === undefinedTable) return undefined;
    throw error;
  }
}
