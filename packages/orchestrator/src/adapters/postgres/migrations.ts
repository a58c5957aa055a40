import { CodedError } from '@cynodeai/runtime/std';
import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Why the schema cannot be brought to the version of this code. */
export type MigrationErrorCode =
  /** The folder of migrations cannot be read or holds none. */
  | 'migrations_missing'
  /** A file's name or header does not follow the form. */
  | 'migration_invalid'
  /** An applied file has another content now. */
  | 'migration_changed'
  /** A file is pending below the newest applied one. */
  | 'migration_out_of_order'
  /** The database has migrations this code does not know. */
  | 'schema_newer'
  /** A pending file is breaking and that was not allowed. */
  | 'migration_breaking'
  /** The database refused a file; `cause` holds its error. */
  | 'migration_failed';

export class MigrationError extends CodedError<MigrationErrorCode> {}

/** A committed SQL file, as read. */
export interface Migration {
  /** Four digits; order of application. */
  readonly version: string;
  readonly name: string;
  /** SHA-256 of the file, hex. */
  readonly checksum: string;
  /** The checksum under which the same statements were applied before a comment of the file changed. */
  readonly formerly?: string;
  /** The previous release cannot run on the schema after it. */
  readonly breaking: boolean;
  /** False: every statement runs and commits on its own, as `CREATE INDEX CONCURRENTLY` needs. */
  readonly transactional: boolean;
  /** What to send, in order; one text when transactional. */
  readonly statements: readonly string[];
}

/** Where the committed files are; `MIGRATIONS_DIR` of a process overrides it. */
export const bundledMigrations = join(import.meta.dirname, '../../../migrations/');

const fileName = /^(?<version>\d{4})_(?<name>[a-z0-9_]+)\.sql$/;
const separator = /^-- statement$/m;

function flag(sql: string, name: string, file: string): boolean {
  const value = new RegExp(`^-- ${name}: (true|false)$`, 'm').exec(sql)?.[1];
  if (value !== undefined) return value === 'true';
  throw new MigrationError('migration_invalid', `${file} lacks the line "-- ${name}: true|false"`);
}

/**
 * Parses one file. Its header says `-- breaking: true|false` and `-- transaction: true|false`, and `-- formerly: <hex>`
 * once its comments have changed; a file without a transaction separates its statements by lines `-- statement` and
 * must be safe to run again after a crash.
 * @throws MigrationError `migration_invalid`.
 */
export function parseMigration(file: string, sql: string): Migration {
  const { version, name } = fileName.exec(file)?.groups ?? {};
  if (version === undefined || name === undefined) {
    throw new MigrationError('migration_invalid', `${file} is not named like 0001_some_name.sql`);
  }
  const transactional = flag(sql, 'transaction', file);
  const formerly = /^-- formerly: ([0-9a-f]{64})$/m.exec(sql)?.[1];
  return {
    version,
    name,
    checksum: createHash('sha256').update(sql).digest('hex'),
    ...(formerly !== undefined && { formerly }),
    breaking: flag(sql, 'breaking', file),
    transactional,
    statements: transactional ? [sql] : sql.split(separator),
  };
}

/**
 * The migrations of a folder in order.
 * @throws MigrationError `migrations_missing` or `migration_invalid` (also for two files of one version).
 */
export async function readMigrations(directory = bundledMigrations): Promise<Migration[]> {
  const names = await readdir(directory).catch((cause: unknown) => {
    throw new MigrationError('migrations_missing', `cannot read the migrations in ${directory}`, {
      cause,
    });
  });
  const files = names.filter((name) => name.endsWith('.sql')).toSorted();
  if (files.length === 0) {
    throw new MigrationError('migrations_missing', `there are no migrations in ${directory}`);
  }
  const migrations = await Promise.all(
    files.map(async (file) => parseMigration(file, await readFile(join(directory, file), 'utf8'))),
  );
  for (const [index, migration] of migrations.entries()) {
    if (migrations[index + 1]?.version === migration.version) {
      throw new MigrationError('migration_invalid', `version ${migration.version} exists twice`);
    }
  }
  return migrations;
}
