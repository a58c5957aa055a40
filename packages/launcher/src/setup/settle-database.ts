import type { Env, Secret } from '@cynodeai/runtime/config';
import { errorCodeOf, messageOf } from '@cynodeai/runtime/std';
import { LauncherError } from '../base/launcher-error.ts';
import { type DatabaseChoice, shownDatabase, versionFault, wayBack } from '../domain/database.ts';
import { demandedDatabase, keepDatabase, keptDatabase } from '../install/database-choice.ts';
import type { Install } from '../install/install.ts';

export interface DatabaseOptions {
  readonly env: Env;
  /** What the command line says. */
  readonly database: DatabaseChoice | undefined;
  readonly onNote: (text: string) => void;
}

const connectMs = 10_000;

/**
 * Sees that a database will do.
 * @throws LauncherError `setup` naming the database and what is wrong with it, without its password
 */
export async function checkDatabase(database: Secret): Promise<void> {
  const { Client } = await import('pg');
  const client = new Client({
    connectionString: database.reveal(),
    application_name: 'cynode',
    connectionTimeoutMillis: connectMs,
  });
  client.on('error', () => {});
  let fault: string | undefined;
  try {
    await client.connect();
    const { rows } = await client.query<{ server_version_num: string }>('SHOW server_version_num');
    fault = versionFault(Number.parseInt(rows[0]?.server_version_num ?? '', 10));
  } catch (error) {
    // What a server says may quote what it was sent, but never a password.
    fault = `it cannot be used: ${messageOf(error) || (errorCodeOf(error) ?? 'no answer')}`;
  } finally {
    await client.end().catch(() => {});
  }
  if (fault === undefined) return;
  throw new LauncherError(
    'setup',
    `the database ${shownDatabase(database.reveal())}: ${fault}; name another by DATABASE_URL, or go back to ${wayBack}`,
  );
}

/**
 * Sees which database a stack that is about to start uses, that it will do, and keeps it with the install.
 * @throws LauncherError `usage`, `setup`
 */
export async function settleDatabase(
  { paths }: Install,
  { env, database: choice, onNote }: DatabaseOptions,
): Promise<void> {
  const before = keptDatabase(paths);
  const database = demandedDatabase(paths, env, choice);
  if (database !== undefined) await checkDatabase(database);
  keepDatabase(paths, database);
  if (before?.reveal() === database?.reveal()) return;
  const what = database === undefined ? 'its own PostgreSQL' : shownDatabase(database.reveal());
  const back = database === undefined ? '' : `; back to ${wayBack}`;
  onNote(
    `this install uses ${what} from now on, with the tasks and users that are there; those of the other database stay where they are${back}`,
  );
}
