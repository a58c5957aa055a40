import { startPostgres, type PostgresServer } from '@cynodeai/launcher/postgres';
import { Child, reservePort, send, textAt, waitFor } from '@cynodeai/testing/harness';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import pg from 'pg';
import { root } from '../../features/support/orchestrator.ts';

const script = 'packages/orchestrator/src/processes/main.ts';

/** A gateway and a control plane as processes of their own, as an install has them, and an idle server beside them. */
export class Target {
  readonly #directory = mkdtempSync('/tmp/cf-');
  readonly #password = randomBytes(12).toString('base64url');
  #postgres: PostgresServer | undefined;
  #databaseUrl = '';
  #children: readonly { readonly name: string; readonly child: Child; readonly url: string }[] = [];
  #idle: Child | undefined;
  idleUrl = '';

  async start(): Promise<void> {
    this.#postgres = await startPostgres({
      dataDir: join(this.#directory, 'pg'),
      socketDir: join(this.#directory, 's'),
    });
    this.#databaseUrl = this.#postgres.url();
    const shared = {
      PATH: '/usr/bin:/bin',
      DATABASE_URL: this.#databaseUrl,
      JWT_SECRET: randomBytes(32).toString('base64url'),
      ARTIFACT_STORAGE_DIR: join(this.#directory, 'blobs'),
    };
    const controlPlane = `127.0.0.1:${await reservePort()}`;
    await this.#startRole('control-plane', controlPlane, {
      ...shared,
      CONTROL_PLANE_LISTEN_ADDR: controlPlane,
      NODE_REGISTRATION_PSK: randomBytes(24).toString('base64url'),
      BOOTSTRAP_ADMIN_PASSWORD: this.#password,
      ORCHESTRATOR_SECRETS_KEY: randomBytes(32).toString('base64'),
      ORCHESTRATOR_PUBLIC_URL: `http://${controlPlane}`,
    });
    const gateway = `127.0.0.1:${await reservePort()}`;
    await this.#startRole('user-gateway', gateway, {
      ...shared,
      USER_GATEWAY_LISTEN_ADDR: gateway,
    });
    const idleServer =
      "const s=require('node:http').createServer((q,r)=>r.end('ok'));s.listen(0,'127.0.0.1',()=>console.log(s.address().port))";
    this.#idle = new Child(process.execPath, ['-e', idleServer]);
    this.idleUrl = `http://127.0.0.1:${(await this.#idle.printed(/\d+/))[0]}`;
  }

  async #startRole(name: string, address: string, env: Record<string, string>): Promise<void> {
    const url = `http://${address}`;
    const child = Child.ofScript(join(root, script), [name], { cwd: root, env });
    this.#children = [...this.#children, { name, child, url }];
    const answers = (): Promise<boolean> =>
      send('GET', `${url}/healthz`).then(
        ({ status }) => status === 200,
        () => {
          if (!child.running) throw new Error(`${name} ended: ${child.output}`);
          return false;
        },
      );
    await waitFor(answers, { what: `${name} answers` });
  }

  get servers(): readonly { readonly name: string; readonly url: string }[] {
    return this.#children.map(({ name, url }) => ({ name, url }));
  }

  get ports(): readonly number[] {
    return this.servers.map(({ url }) => Number(new URL(url).port));
  }

  get gateway(): string {
    return this.servers.find(({ name }) => name === 'user-gateway')?.url ?? '';
  }

  /** An access token of the administrator. */
  async login(): Promise<string> {
    const { json } = await send('POST', `${this.gateway}/v1/auth/login`, {
      json: { handle: 'admin', password: this.#password },
    });
    return textAt(json, 'access_token');
  }

  /** Resident memory of each process, MiB; undefined for one that is gone. */
  memory(): Readonly<Record<string, number | undefined>> {
    return Object.fromEntries(
      this.#children.map(({ name, child }) => {
        try {
          const kib = /^VmRSS:\s*(\d+)/m.exec(
            readFileSync(`/proc/${child.pid}/status`, 'utf8'),
          )?.[1];
          return [name, Math.round(Number(kib) / 1024)];
        } catch {
          return [name, undefined];
        }
      }),
    );
  }

  /** What processes that ended said last. */
  lastWords(): readonly string[] {
    return this.#children.flatMap(({ name, child }) =>
      child.running ? [] : [`${name} ended: ${child.output.slice(-2000)}`],
    );
  }

  /** Rows of every table. */
  async rows(): Promise<Readonly<Record<string, number>>> {
    const client = new pg.Client({ connectionString: this.#databaseUrl });
    await client.connect();
    try {
      const tables = await client.query<{ name: string }>(
        "select table_name as name from information_schema.tables where table_schema = 'public'",
      );
      const counts: [string, number][] = [];
      for (const { name } of tables.rows) {
        const { rows } = await client.query<{ n: number }>(
          `select count(*)::int as n from "${name}"`,
        );
        counts.push([name, rows[0]?.n ?? 0]);
      }
      return Object.fromEntries(counts);
    } finally {
      await client.end();
    }
  }

  async stop(): Promise<void> {
    await this.#idle?.stop();
    for (const { child } of this.#children.toReversed()) await child.stop();
    await this.#postgres?.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
