import { isAlive } from '@cynodeai/runtime/process';
import { type PostgresServer, startPostgres, stopPostgres } from '@cynodeai/launcher/postgres';
import { migrate } from '@cynodeai/orchestrator/migrations';
import { readEnv } from '@cynodeai/runtime/config';
import { silentLog } from '@cynodeai/runtime/observe';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';

/** What a test needs to clone the migrated template. */
export interface TestServerAccess {
  /** May create databases. */
  readonly adminUrl: string;
  /** The role tests run as; never a superuser on the embedded server. */
  readonly applicationUrl: string;
  /** Begins the name of every database of this run. */
  readonly prefix: string;
}

declare module 'vitest' {
  /** How a test file learns of the server that the global setup started. */
  interface ProvidedContext {
    postgres: TestServerAccess;
  }
}

export interface TestServer {
  readonly access: TestServerAccess;
  /** Ends everything this run made. @throws Error when a test left a database behind. */
  stop(): Promise<void>;
}

const folderPrefix = 'cynode-test-';
const unsafeAndFast = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/** The URL of another database of the same server, by the same role. */
export function withDatabase(url: string, database: string): string {
  return url.replace(/^(postgres(?:ql)?:\/\/[^/]*\/)[^?]*/, `$1${database}`);
}

/** Name of the migrated database that tests clone. */
export function templateOf(access: TestServerAccess): string {
  return `${access.prefix}template`;
}

/** Runs statements on one connection of their own. */
export async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/**
 * Starts one embedded server in a folder of its own, or uses the server of `POSTGRES_TEST_DSN` (whose role must be
 * allowed to create databases), and migrates the template.
 */
export async function startTestServer(): Promise<TestServer> {
  const external = readEnv()['POSTGRES_TEST_DSN'] ?? '';
  const prefix = `cynode_test_${randomBytes(4).toString('hex')}_`;
  if (external !== '') {
    const access = { adminUrl: external, applicationUrl: external, prefix };
    await makeTemplate(access);
    return { access, stop: () => dropAll(access) };
  }
  await removeLeftovers();
  const folder = await mkdtemp(join(tmpdir(), `${folderPrefix}${process.pid}-`));
  const server = await startPostgres({
    dataDir: join(folder, 'data'),
    socketDir: join(folder, 's'),
    extraSettings: unsafeAndFast,
  });
  const access = { adminUrl: server.adminUrl, applicationUrl: server.url(), prefix };
  await makeTemplate(access);
  return { access, stop: () => stopEmbedded(server, access, folder) };
}

async function stopEmbedded(
  server: PostgresServer,
  access: TestServerAccess,
  folder: string,
): Promise<void> {
  try {
    await dropAll(access);
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function makeTemplate(access: TestServerAccess): Promise<void> {
  const template = templateOf(access);
  await withClient(access.adminUrl, (client) => createDatabase(client, access, template));
  await migrate(withDatabase(access.applicationUrl, template), { log: silentLog });
}

/** Creates a database that the application role owns, empty or as a clone of `template`. */
export async function createDatabase(
  client: Client,
  access: TestServerAccess,
  name: string,
  template = 'template0',
): Promise<void> {
  const owner = /\/\/([^:@/]*)/.exec(access.applicationUrl)?.[1] ?? '';
  const role = client.escapeIdentifier(decodeURIComponent(owner));
  await client.query(
    `CREATE DATABASE ${client.escapeIdentifier(name)}
     TEMPLATE ${client.escapeIdentifier(template)} OWNER ${role}`,
  );
}

async function dropAll(access: TestServerAccess): Promise<void> {
  const names = await withClient(access.adminUrl, async (client) => {
    const { rows } = await client.query<{ datname: string }>(
      'SELECT datname FROM pg_database WHERE starts_with(datname, $1)',
      [access.prefix],
    );
    for (const { datname } of rows) {
      await client.query(`DROP DATABASE ${client.escapeIdentifier(datname)} WITH (FORCE)`);
    }
    return rows.map((row) => row.datname);
  });
  const leaked = names.filter((name) => name !== templateOf(access));
  if (leaked.length > 0) {
    throw new Error(
      `tests left ${leaked.length} databases behind; close what createTestDatabase gave`,
    );
  }
}

/** Ends the servers and removes the folders of runs that were killed. */
async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = Number(new RegExp(`^${folderPrefix}(\\d+)-`).exec(name)?.[1]);
    if (Number.isNaN(pid) || isAlive(pid)) continue;
    const folder = join(tmpdir(), name);
    await stopPostgres(join(folder, 'data'));
    await rm(folder, { recursive: true, force: true });
  }
}
