import { fakeNode, type FakeNode } from '@cynodeai/testing/doubles';
import { type Child, send, waitFor } from '@cynodeai/testing/harness';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { type PostgresServer, startPostgres } from '@cynodeai/launcher/postgres';
import pg from 'pg';
import { compare } from '../harness/compare.ts';
import type { Effort, Outcome } from '../harness/line.ts';
import { BenchInstall, checkout } from '../support/install.ts';
import type { KeptConnection } from '../support/kept-connection.ts';
import { findPgbench, runPgbench } from '../support/pgbench.ts';
import {
  type LoggedStatement,
  pgbenchScript,
  readStatements,
  statementLogSettings,
} from '../support/statement-log.ts';
import { createTask } from '../support/tasks.ts';

/** Connections that create tasks at the same time, and clients of pgbench. */
const clients = 16;
/** Jobs the no-op node takes at once. */
const nodeSlots = 64;
const anchorDatabase = 'bench_anchor';

async function isHealthy(install: BenchInstall): Promise<boolean> {
  return (await send('GET', `${install.gatewayUrl}/healthz`)).status === 200;
}

/** Orchestrator roles of an install without a container engine, with a node that answers every job at once. */
export class NoOpStack implements AsyncDisposable {
  readonly install = new BenchInstall();
  #roles: Child | undefined;
  #server: PostgresServer | undefined;
  #node: FakeNode | undefined;
  #names = 0;

  get server(): PostgresServer {
    if (this.#server === undefined) throw new Error('the database does not run');
    return this.#server;
  }

  async start({ withNode = true }: { readonly withNode?: boolean } = {}): Promise<void> {
    const { install } = this;
    const roles = install.start(join(checkout, 'cynode'), [
      'serve',
      'user-gateway',
      'control-plane',
    ]);
    this.#roles = roles;
    await waitFor(
      async () => {
        if (!roles.running)
          throw new Error(`the orchestrator ended: ${roles.stdout}${roles.stderr}`);
        return isHealthy(install).catch(() => false);
      },
      { what: 'the gateway answers' },
    );
    this.#server ??= await startPostgres({
      dataDir: join(install.home, 'postgres'),
      socketDir: join(install.runDir, 'pg'),
    });
    if (!withNode) return;
    this.#node ??= await fakeNode({
      slug: 'no-op',
      psk: install.secret('registration-psk'),
      maxConcurrency: nodeSlots,
    });
    await this.#node.join(install.controlPlaneUrl);
  }

  /** Stops the roles; the database stays. */
  async stopRoles(): Promise<void> {
    await this.#roles?.stop();
  }

  async query<T extends pg.QueryResultRow>(url: string, sql: string): Promise<T[]> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query<T>(sql)).rows;
    } finally {
      await client.end();
    }
  }

  nextName(): string {
    this.#names += 1;
    return `bench-${this.#names}-${process.pid}`;
  }

  /** Waits until no task is open and answers with the end of the last one, ms since the epoch. */
  async lastEnd(): Promise<number> {
    const [row] = await waitFor(
      async () => {
        const rows = await this.query<{ open: string; last: Date; failed: string }>(
          this.server.url(),
          `select count(*) filter (where not closed) as open, max(ended_at) as last,
             count(*) filter (where closed and status <> 'completed') as failed from tasks`,
        );
        return rows[0]?.open === '0' && rows;
      },
      { what: 'every task is over', within: 120_000 },
    );
    if (row === undefined || row.failed !== '0') {
      throw new Error(`${row?.failed ?? '?'} tasks did not complete`);
    }
    return row.last.getTime();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopRoles();
    await this.#node?.close();
    await this.#server?.stop();
    await this.install.remove();
  }
}

/** Creates tasks over all connections and waits for the last result; jobs a second. */
async function throughput(
  stack: NoOpStack,
  connections: readonly KeptConnection[],
  tasks: number,
): Promise<number> {
  const startedMs = Date.now();
  let left = tasks;
  await Promise.all(
    connections.map(async (connection) => {
      while (left > 0) {
        left -= 1;
        await createTask(connection, ['true'], stack.nextName());
      }
    }),
  );
  return (tasks * 1000) / ((await stack.lastEnd()) - startedMs);
}

/** The statements the server saw for one task. */
async function statementsOfTask(
  stack: NoOpStack,
  connection: KeptConnection,
  name: string,
): Promise<LoggedStatement[]> {
  const log = join(stack.install.home, 'postgres/server.log');
  const before = readFileSync(log).length;
  await createTask(connection, ['true'], name);
  await stack.lastEnd();
  return readStatements(readFileSync(log).subarray(before).toString('utf8'));
}

/** Lets the server write its statements, runs two tasks, and makes a pgbench script of the second. */
async function observeScript(stack: NoOpStack): Promise<string> {
  const configure = async (values: Readonly<Record<string, string>> | undefined): Promise<void> => {
    for (const [name, value] of Object.entries(values ?? statementLogSettings)) {
      const to = values === undefined ? 'reset' : 'set';
      await stack.query(
        stack.server.adminUrl,
        `alter system ${to} ${name}${to === 'set' ? ` = '${value}'` : ''}`,
      );
    }
    await stack.query(stack.server.adminUrl, 'select pg_reload_conf()');
  };
  const connection = await stack.install.connect();
  try {
    await configure(statementLogSettings);
    const first = await statementsOfTask(stack, connection, stack.nextName());
    const name = stack.nextName();
    const second = await statementsOfTask(stack, connection, name);
    const own = second.filter(({ sql }) => !sql.includes('filter (where not closed)'));
    return pgbenchScript(first, own, name);
  } finally {
    connection.close();
    await configure(undefined);
  }
}

/** A copy of the database for the anchor; nothing may be connected to the original meanwhile. */
async function copyDatabase(stack: NoOpStack): Promise<void> {
  await stack.stopRoles();
  await stack.query(
    stack.server.adminUrl,
    `create database ${anchorDatabase} template cynode owner cynode`,
  );
  await stack.start();
}

/** Jobs a second through gateway, queue and dispatcher with a node that does nothing, against pgbench. */
export async function measureDispatch(_shared: BenchInstall, effort: Effort): Promise<Outcome> {
  const pgbench = await findPgbench();
  await using stack = new NoOpStack();
  await stack.start();
  const script = await observeScript(stack);
  await copyDatabase(stack);
  const first = await stack.install.connect();
  const connections = [first, ...Array.from({ length: clients - 1 }, () => first.another())];
  const tasks = effort.quick ? 160 : 480;
  const statements = script.split('\n').filter((line) => line.endsWith(';')).length;
  try {
    return await compare(
      {
        line: 'dispatch',
        title: 'tasks to results with a no-op node',
        unit: 'per_second',
        comparison: 'ratio',
        samples: 1,
        warmUp: 1,
        notes: [
          `${tasks} tasks a sample from ${clients} connections; pgbench runs the ${statements} statements the server saw for one task, with fresh ids, on a copy of the database, ${clients} clients. The product claims and completes many jobs in one transaction where it can, pgbench one by one.`,
        ],
        ours: {
          name: 'HTTP to result',
          sample: () => throughput(stack, connections, tasks),
        },
        anchor: {
          name: 'pgbench',
          sample: () =>
            runPgbench(pgbench, {
              databaseUrl: stack.server.url(anchorDatabase),
              script,
              scriptPath: join(stack.install.home, 'pgbench.sql'),
              clients,
              transactions: tasks,
            }),
        },
      },
      effort,
    );
  } finally {
    for (const connection of connections) connection.close();
  }
}
