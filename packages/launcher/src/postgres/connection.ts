import { errorCodeOf } from '@cynodeai/runtime/std';
import type { Secret } from '@cynodeai/runtime/config';
import { Client, escapeIdentifier, escapeLiteral } from 'pg';
import { superuser } from './cluster.ts';
import { PostgresError } from './errors.ts';
import type { RunningServer } from './pid-file.ts';

/** Role and database of the product. */
export const applicationName = 'cynode';

export interface Login {
  readonly user: string;
  readonly password: Secret;
}

/** A URL over the server's Unix socket. It holds the password: it goes into an environment, never into a log. */
export function socketUrl(server: RunningServer, login: Login, database: string): string {
  const query = new URLSearchParams({ host: server.socketDir, port: String(server.port) });
  const user = encodeURIComponent(login.user);
  const password = encodeURIComponent(login.password.reveal());
  return `postgresql://${user}:${password}@/${encodeURIComponent(database)}?${query.toString()}`;
}

const invalidPassword = '28P01';

/**
 * Connects as the cluster's owner; undefined while the server is not accepting connections.
 * @throws PostgresError `postgres_password_lost`.
 */
async function connectAsOwner(
  server: RunningServer,
  password: Secret,
): Promise<Client | undefined> {
  const client = new Client({
    connectionString: socketUrl(server, { user: superuser, password }, 'postgres'),
    application_name: 'cynode-supervisor',
    connectionTimeoutMillis: 2000,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    return client;
  } catch (cause) {
    await client.end().catch(() => {});
    if (errorCodeOf(cause) !== invalidPassword) return undefined;
    throw new PostgresError(
      'postgres_password_lost',
      'the stored password of the database server is not the one it was made with; restore the file or move the data folder away',
      { cause },
    );
  }
}

/**
 * True once the server accepts connections, serves this cluster and has the product's role (never a superuser)
 * and database; it makes them when they are missing.
 */
export async function prepareServer(
  server: RunningServer,
  owner: Secret,
  application: Secret,
): Promise<boolean> {
  const client = await connectAsOwner(server, owner);
  if (client === undefined) return false;
  try {
    await ensureApplication(client, application);
    return true;
  } finally {
    await client.end().catch(() => {});
  }
}

/** Any number: two starters meet on it. */
const lockKey = 4_918_720_412;

async function ensureApplication(client: Client, password: Secret): Promise<void> {
  const name = escapeIdentifier(applicationName);
  const secret = escapeLiteral(password.reveal());
  // A failing statement is logged with its text, which here would hold the password.
  await client.query(`SET log_min_error_statement = 'panic'`);
  await client.query('SELECT pg_advisory_lock($1::bigint)', [lockKey]);
  const { rows } = await client.query<{ role: boolean; database: boolean }>(
    `SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1) AS role,
       EXISTS (SELECT FROM pg_database WHERE datname = $1) AS database`,
    [applicationName],
  );
  const verb = rows[0]?.role === true ? 'ALTER' : 'CREATE';
  await client.query(
    `${verb} ROLE ${name} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD ${secret}`,
  );
  if (rows[0]?.database !== true) await client.query(`CREATE DATABASE ${name} OWNER ${name}`);
}
