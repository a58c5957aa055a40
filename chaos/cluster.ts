import { demoModelRef } from '@cynodeai/contracts/model';
import { parseJson } from '@cynodeai/runtime/std';
import {
  RecordingProgram,
  reservePort,
  RestartingProcess,
  send,
  textAt,
  waitFor,
} from '@cynodeai/testing/harness';
import { type PostgresServer, startPostgres } from '@cynodeai/launcher/postgres';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import pg from 'pg';
import { runToEnd } from '../features/support/run-to-end.ts';
import { root } from '../features/support/orchestrator.ts';
import { sandboxImage, sandboxImageTar } from '../features/support/sandbox-image.ts';
import type { HistoryEvent } from './history.ts';
import { type LeaseEvent, leaseJournal, leases } from './leases.ts';
import { engineStarts } from './witness.ts';

const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const engineScript = 'packages/worker/src/processes/engine.ts';

/** Folder of the program that stands in the engine's place. */
export function recorderIn(directory: string): string {
  return join(directory, 'recorder');
}

/** Seconds a lease lasts here: short, so that a run shows many expiries. */
const leaseSeconds = 5;

interface WorkerPlace {
  readonly slug: string;
  readonly stateDir: string;
  readonly runDir: string;
}

/**
 * Two control planes with the doors of tools, two gateways, two processes of agents, a model, two nodes with an engine
 * each, and PostgreSQL: everything a fault may hit.
 */
export class Cluster {
  readonly roles: RestartingProcess[] = [];
  readonly gateways: string[] = [];
  readonly #recorder: RecordingProgram;
  #postgres: PostgresServer | undefined;
  readonly #directory: string;
  readonly #password = randomBytes(18).toString('base64url');
  readonly #workers: WorkerPlace[] = [];

  /** @param directory everything of this cluster lives below it; short, because sockets do too. */
  constructor(directory: string) {
    this.#directory = directory;
    this.#recorder = RecordingProgram.at(recorderIn(directory));
  }

  async start(): Promise<void> {
    await this.startPostgres();
    const psk = randomBytes(24).toString('base64url');
    const runnerToken = randomBytes(24).toString('base64url');
    const common = {
      PATH: systemPath,
      HOME: this.#directory,
      DATABASE_URL: this.databaseUrl,
      JWT_SECRET: randomBytes(32).toString('base64url'),
      NODE_REGISTRATION_PSK: psk,
      BOOTSTRAP_ADMIN_PASSWORD: this.#password,
      ORCHESTRATOR_SECRETS_KEY: randomBytes(32).toString('base64'),
      ARTIFACT_STORAGE_DIR: join(this.#directory, 'artifacts'),
      SANDBOX_DEFAULT_IMAGE: sandboxImage,
      RATE_LIMIT_PER_MINUTE: '100000',
    };
    const agentPorts = [await reservePort(), await reservePort()];
    const toolPorts = [await reservePort(), await reservePort()];
    const model = await this.#startModel();
    const controlPlanes = await this.#startPair(
      ['control-plane', 'mcp-gateway'],
      'CONTROL_PLANE_LISTEN_ADDR',
      (index) => ({
        ...common,
        MCP_GATEWAY_LISTEN_ADDR: `127.0.0.1:${toolPorts[index]}`,
        WORKFLOW_RUNNER_BEARER_TOKEN: runnerToken,
        WORKFLOW_RUNNER_URL: `http://127.0.0.1:${agentPorts[index]}`,
        OLLAMA_BASE_URL: model,
        INFERENCE_MODEL: demoModelRef,
      }),
    );
    this.gateways.push(
      ...(await this.#startPair(['user-gateway'], 'USER_GATEWAY_LISTEN_ADDR', () => common)),
    );
    await this.#configure();
    for (const [index, url] of controlPlanes.entries()) {
      this.#add({
        name: `agents-${index + 1}`,
        script: 'packages/agents/src/processes/main.ts',
        args: ['agents'],
        env: {
          PATH: systemPath,
          HOME: this.#directory,
          WORKFLOW_RUNNER_BEARER_TOKEN: runnerToken,
          LISTEN_ADDR: `127.0.0.1:${agentPorts[index]}`,
          CONTROL_PLANE_URL: url,
          MCP_GATEWAY_URL: `http://127.0.0.1:${toolPorts[index]}/v1/mcp`,
        },
      });
    }
    for (const [index, orchestrator] of controlPlanes.entries()) {
      await this.#startNode(`node-${'ab'[index] ?? index}`, orchestrator, psk);
    }
    await waitFor(async () => (await this.#activeNodes()) === 2, {
      what: 'both nodes are active',
      within: 120_000,
    });
  }

  get databaseUrl(): string {
    if (this.#postgres === undefined) throw new Error('PostgreSQL is not running');
    return this.#postgres.url();
  }

  get postgresPid(): number {
    return this.#postgres?.pid ?? -1;
  }

  /** Starts PostgreSQL, or finds it again after it was killed. */
  async startPostgres(): Promise<void> {
    this.#postgres = await startPostgres({
      dataDir: join(this.#directory, 'pg'),
      socketDir: join(this.#directory, 's'),
    });
  }

  async query<T extends pg.QueryResultRow>(
    sql: string,
    values: readonly unknown[] = [],
  ): Promise<T[]> {
    const client = new pg.Client({
      connectionString: this.databaseUrl,
      connectionTimeoutMillis: 5000,
    });
    client.on('error', () => {});
    await client.connect();
    try {
      return (await client.query<T>(sql, [...values])).rows;
    } finally {
      await client.end();
    }
  }

  /** A fresh access token of the administrator from one of the gateways. */
  async login(gateway: string): Promise<string> {
    const login = await send('POST', `${gateway}/v1/auth/login`, {
      json: { handle: 'admin', password: this.#password },
    });
    return textAt(login.json, 'access_token');
  }

  /** What the outside saw of jobs: leases by a trigger of the database, runs by the recorder in the engine's place. */
  async observed(): Promise<HistoryEvent[]> {
    const leased = await this.query<LeaseEvent>(leases);
    return [...leased, ...engineStarts(this.#recorder, this.#directory)];
  }

  /** Runs a job's sandbox once more behind everybody's back, as a faulty node would. */
  async runAgain(jobId: string, node: string): Promise<void> {
    const worker = this.#workers.find(({ slug }) => slug === node);
    if (worker === undefined) throw new Error(`there is no node ${node}`);
    const name = `--name=cynode-sandbox-${jobId}`;
    const limits = ['nofile', 'nproc'].map((limit) => `--ulimit=${limit}=256:256`);
    const flags = ['--rm', '--network=none', ...limits, name];
    await this.#callEngine(worker, 'run', ...flags, sandboxImage, 'true');
  }

  /** Stops everything in order and says what is left on the host. */
  async stop(): Promise<string[]> {
    // A node that was killed while it took something apart goes on with that once it is back.
    const isClean = (): boolean => this.#workers.every((worker) => jobsOf(worker).length === 0);
    await waitFor(isClean, { within: 30_000 }).catch(() => {});
    for (const role of this.roles.toReversed()) await role.stop();
    const left: string[] = [];
    for (const worker of this.#workers) {
      left.push(...jobsOf(worker).map((name) => `job directory ${name}`));
      left.push(...(await this.#containers(worker)));
      await this.#engine(worker, 'reset');
    }
    await this.#postgres?.stop();
    return left;
  }

  async #startModel(): Promise<string> {
    const port = await reservePort();
    const url = `http://127.0.0.1:${port}`;
    const LISTEN_ADDR = `127.0.0.1:${port}`;
    this.#add({
      name: 'model',
      script: 'packages/demo-model/src/processes/main.ts',
      args: [],
      env: { PATH: systemPath, HOME: this.#directory, LISTEN_ADDR },
    });
    await waitFor(async () => (await fetch(url)).ok, { what: 'the model answers' });
    return url;
  }

  /** Two processes that host the same roles, called by the first of them. */
  async #startPair(
    hosts: readonly [string, ...string[]],
    variable: string,
    envOf: (index: number) => Record<string, string>,
  ): Promise<string[]> {
    const [role] = hosts;
    const urls: string[] = [];
    for (const number of [1, 2]) {
      const port = await reservePort();
      const url = `http://127.0.0.1:${port}`;
      this.#add({
        name: `${role}-${number}`,
        script: 'packages/orchestrator/src/processes/main.ts',
        args: hosts,
        env: {
          ...envOf(number - 1),
          [variable]: `127.0.0.1:${port}`,
          ORCHESTRATOR_PUBLIC_URL: url,
        },
      });
      await waitFor(() => alive(url), { what: `${role}-${number} answers`, within: 60_000 });
      urls.push(url);
    }
    return urls;
  }

  async #startNode(slug: string, orchestrator: string, psk: string): Promise<void> {
    const stateDir = join(this.#directory, slug);
    const runDir = join(this.#directory, slug.slice(-1));
    const worker = { slug, stateDir, runDir };
    mkdirSync(stateDir, { recursive: true });
    mkdirSync(runDir, { recursive: true });
    this.#workers.push(worker);
    await this.#engine(
      worker,
      'import-image',
      await sandboxImageTar(),
      sandboxImage,
      '--workdir',
      '/workspace',
    );
    const port = await reservePort();
    this.#add({
      name: slug,
      script: 'packages/worker/src/processes/node.ts',
      args: ['--no-config'],
      env: {
        ...this.#engineEnv(worker),
        ORCHESTRATOR_URL: orchestrator,
        NODE_SLUG: slug,
        NODE_REGISTRATION_PSK: psk,
        LISTEN_ADDR: `127.0.0.1:${port}`,
        NODE_ADVERTISED_WORKER_API_URL: `http://127.0.0.1:${port}`,
      },
    });
  }

  #add(spec: Omit<ConstructorParameters<typeof RestartingProcess>[0], 'cwd'>): void {
    const role = new RestartingProcess({ ...spec, cwd: root });
    role.start();
    this.roles.push(role);
  }

  #engineEnv(worker: WorkerPlace): Record<string, string> {
    return {
      PATH: systemPath,
      HOME: this.#directory,
      CYNODE_STATE_DIR: worker.stateDir,
      CYNODE_RUN_DIR: worker.runDir,
    };
  }

  #engine(worker: WorkerPlace, ...args: readonly string[]): Promise<string> {
    return runToEnd(process.execPath, [engineScript, ...args], this.#engineEnv(worker));
  }

  /** Calls the container program of a node with the flags the node uses. */
  async #callEngine(worker: WorkerPlace, ...args: readonly string[]): Promise<string> {
    const [program = 'podman', ...flags] = parseJson(
      await this.#engine(worker, 'run-flags'),
    ) as string[];
    return runToEnd(program, [...flags, ...args], this.#engineEnv(worker));
  }

  async #containers(worker: WorkerPlace): Promise<string[]> {
    const listed = await this.#callEngine(worker, 'ps', '--all', '--quiet');
    return listed
      .split('\n')
      .filter(Boolean)
      .map((id) => `container ${id} of ${worker.slug}`);
  }

  async #activeNodes(): Promise<number> {
    const [row] = await this.query<{ count: string }>(
      "select count(*) as count from nodes where status = 'active'",
    );
    return Number(row?.count ?? 0);
  }

  /** A journal of leases, short ones, as many attempts as there are faults, and no order to run a model. */
  async #configure(): Promise<void> {
    await this.query(leaseJournal);
    await this.query(
      `insert into system_settings (key, value, value_type, version, updated_at, updated_by)
       select key, value, jsonb_typeof(value), 1, now(), 'system'
       from (values ('dispatch.lease_ttl_seconds', to_jsonb($1::int)), ('dispatch.max_attempts', '1000'),
         ('inference.backend.enabled', 'false'), ('workflow.prompts', 'true'),
         ('workflow.lease.ttl_seconds', '10')) as s (key, value)`,
      [leaseSeconds],
    );
  }
}

/** What stands where a node keeps the directories of its jobs. */
function jobsOf({ stateDir }: WorkerPlace): string[] {
  return readdirSync(join(stateDir, 'sandbox_mounts'));
}

async function alive(url: string): Promise<boolean> {
  const answer = await send('GET', `${url}/healthz`).catch(() => undefined);
  return answer?.status === 200;
}
