import { Child, reservePort, send, waitFor } from '@cynodeai/testing/harness';
import { type PostgresServer, startPostgres } from '@cynodeai/launcher/postgres';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import pg from 'pg';

export const root = resolve(import.meta.dirname, '../..');

let postgres: { readonly server: PostgresServer; readonly directory: string } | undefined;

async function sharedPostgres(): Promise<PostgresServer> {
  if (postgres === undefined) {
    const directory = mkdtempSync(join(tmpdir(), 'cyn-bdd-'));
    const server = await startPostgres({
      dataDir: join(directory, 'data'),
      socketDir: join(directory, 's'),
    });
    postgres = { server, directory };
  }
  return postgres.server;
}

/** Stops the database server the scenarios shared. */
export async function stopSharedPostgres(): Promise<void> {
  if (postgres === undefined) return;
  await postgres.server.stop();
  rmSync(postgres.directory, { recursive: true, force: true });
  postgres = undefined;
}

/** Gateway and control-plane in one process on a database of their own. */
export class OrchestratorUnderTest {
  readonly psk = randomBytes(24).toString('base64url');
  readonly adminPassword = randomBytes(12).toString('base64url');
  gateway = '';
  controlPlane = '';
  databaseUrl = '';
  #child: Child | undefined;
  #blobs = '';

  async start(): Promise<this> {
    const server = await sharedPostgres();
    const database = `bdd_${randomBytes(6).toString('hex')}`;
    const admin = new pg.Client({ connectionString: server.adminUrl });
    await admin.connect();
    await admin.query(`create database ${database} owner cynode`);
    await admin.end();
    this.databaseUrl = server.url(database);
    this.#blobs = mkdtempSync(join(tmpdir(), 'cyn-blobs-'));
    const [gatewayPort, controlPort] = [await reservePort(), await reservePort()];
    this.gateway = `http://127.0.0.1:${gatewayPort}`;
    this.controlPlane = `http://127.0.0.1:${controlPort}`;
    this.#child = new Child(
      process.execPath,
      ['packages/orchestrator/src/processes/main.ts', 'user-gateway', 'control-plane'],
      {
        cwd: root,
        env: {
          PATH: '/usr/bin:/bin',
          DATABASE_URL: this.databaseUrl,
          JWT_SECRET: randomBytes(32).toString('base64url'),
          NODE_REGISTRATION_PSK: this.psk,
          BOOTSTRAP_ADMIN_PASSWORD: this.adminPassword,
          ORCHESTRATOR_SECRETS_KEY: randomBytes(32).toString('base64'),
          ORCHESTRATOR_PUBLIC_URL: this.controlPlane,
          USER_GATEWAY_LISTEN_ADDR: `127.0.0.1:${gatewayPort}`,
          CONTROL_PLANE_LISTEN_ADDR: `127.0.0.1:${controlPort}`,
          ARTIFACT_STORAGE_DIR: this.#blobs,
          RATE_LIMIT_PER_MINUTE: '1000',
        },
      },
    );
    await waitFor(() => this.#alive(), { what: 'the orchestrator answers' });
    return this;
  }

  get log(): string {
    return `${this.#child?.stdout ?? ''}${this.#child?.stderr ?? ''}`;
  }

  /** Rows of a query on the orchestrator's database. */
  async query(sql: string, values: readonly unknown[] = []): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: this.databaseUrl });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(sql, [...values])).rows;
    } finally {
      await client.end();
    }
  }

  async stop(): Promise<void> {
    await this.#child?.stop();
    rmSync(this.#blobs, { recursive: true, force: true });
  }

  async #alive(): Promise<boolean> {
    if (this.#child?.running === false) throw new Error(`the orchestrator ended:\n${this.log}`);
    const answers = await Promise.all(
      [this.gateway, this.controlPlane].map((url) =>
        send('GET', `${url}/healthz`).catch(() => undefined),
      ),
    );
    return answers.every((answer) => answer?.status === 200);
  }
}
