import type { RunJobResult } from '@cynodeai/contracts/common';
import {
  type NodeCapabilityReport,
  nodeBootstrapPayloadSchema,
  nodeConfigurationPayloadSchema,
} from '@cynodeai/contracts/control-plane';
import {
  type ModelList,
  type RunJobRequest,
  type StopJobRequest,
  workerApiRoutes,
} from '@cynodeai/contracts/worker-api';
import { type HttpServer, ProblemError, bindRoute, createHttpServer } from '@cynodeai/runtime/http';
import { silentLog } from '@cynodeai/runtime/observe';
import { psk } from './control-plane.ts';
import { bindRelay } from './relay-route.ts';

/** What a run came to; `hang up`: it ended well, but every connection was cut before the answer left. */
type RunAnswer = Partial<RunJobResult> | 'hang up';

export interface FakeNodeOptions {
  readonly slug: string;
  readonly maxConcurrency?: number;
  /** What `jobs:run` does; a clean exit unless told. Throw a ProblemError to refuse. */
  readonly onRun?: (request: RunJobRequest) => Promise<RunAnswer> | RunAnswer;
  /** What an upload of an input file does; it is taken unless told. Throw a ProblemError to refuse. */
  readonly onStage?: (file: StagedUpload) => Promise<void> | void;
  readonly onStop?: (request: StopJobRequest) => 'stopping' | 'not_running';
  readonly report?: Partial<NodeCapabilityReport>;
  /** Base URL of the model service behind the node's relay; without one the node has no relay. */
  readonly upstream?: () => string;
  /** What `models:load` does with a model the node does not have; it stays `loading` unless told. Throw to refuse. */
  readonly onLoad?: (modelRef: string) => FakeModel | Promise<FakeModel>;
}

/** A model as the fake node lists it. */
export type FakeModel = Omit<ModelList['models'][number], 'model_ref'>;

/** An input file that came ahead of its job. */
export interface StagedUpload {
  readonly jobId: string;
  readonly path: string;
  readonly mode: string | undefined;
  readonly bytes: Buffer;
}

export interface FakeNode extends AsyncDisposable {
  readonly slug: string;
  readonly url: string;
  /** Every body of `jobs:run` with the right token, in order of arrival. */
  readonly runs: RunJobRequest[];
  /** Input files that were taken, in order. */
  readonly uploads: StagedUpload[];
  /** Ids of jobs whose work was really started, in order: the outside witness of what ran how often. */
  readonly executed: string[];
  readonly stops: StopJobRequest[];
  /** Ids of jobs that were asked about, and of acknowledged ones, in order. */
  readonly asked: string[];
  readonly acked: string[];
  stopAlls: number;
  /** Models of every `models:load`, in order; how often the list was asked for. */
  readonly loads: string[];
  lists: number;
  /** Models by name: what the list answers. */
  readonly models: Map<string, FakeModel>;
  /** Jobs the node knows: running, or with a result nobody acknowledged. */
  readonly kept: ReadonlyMap<string, KeptJob>;
  /** Bearer tokens that arrived, right or wrong. */
  readonly tokensSeen: Set<string>;
  /** Token of the last fetched configuration. */
  token: string | undefined;
  report(extra?: Record<string, unknown>): NodeCapabilityReport;
  /** Register, fetch, acknowledge. */
  join(controlPlane: string): Promise<NodeSession>;
  /** Connections are still accepted, but nothing is answered any more, as behind a partition. */
  freeze(): void;
  thaw(): void;
  /** Ends like a killed process and comes back on the same port with what it had stored. */
  restart(): Promise<void>;
  kill(): Promise<void>;
  close(): Promise<void>;
}

/** A job on the node, by its id. */
export interface KeptJob {
  readonly taskId: string;
  readonly leaseId: string | undefined;
  result: RunJobResult | undefined;
  readonly ended: Promise<void>;
}

/** The HTTP side of a registered node. */
export interface NodeSession {
  readonly registerStatus: number;
  readonly jwt: string;
  readonly configVersion: string | undefined;
  fetchConfig(): Promise<Response>;
  sendReport(report: unknown): Promise<Response>;
  ack(body: Record<string, unknown>): Promise<Response>;
}

export function postJson(url: string, body: unknown, jwt?: string): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(jwt !== undefined && { authorization: `Bearer ${jwt}` }),
    },
    body: JSON.stringify(body),
  });
}

/** Registers with a report; the URLs come from the bootstrap payload, as a node must do it. */
export async function register(controlPlane: string, report: unknown): Promise<NodeSession> {
  const response = await postJson(`${controlPlane}/v1/nodes/register`, { psk, capability: report });
  if (!response.ok) throw new Error(`register: ${response.status} ${await response.text()}`);
  const bootstrap = nodeBootstrapPayloadSchema.parse(await response.json());
  const { node_config_url: configUrl, node_report_url: reportUrl } =
    bootstrap.orchestrator.endpoints;
  const jwt = bootstrap.auth.node_jwt;
  return {
    registerStatus: response.status,
    jwt,
    configVersion: undefined,
    fetchConfig: () => fetch(configUrl, { headers: { authorization: `Bearer ${jwt}` } }),
    sendReport: (body) => postJson(reportUrl, body, jwt),
    ack: (body) =>
      postJson(configUrl, { version: 1, ack_at: new Date().toISOString(), ...body }, jwt),
  };
}

function resultOf(request: RunJobRequest, answer: Partial<RunJobResult>): RunJobResult {
  const now = new Date().toISOString();
  return {
    version: 1,
    task_id: request.task_id,
    job_id: request.job_id,
    status: 'completed',
    exit_code: 0,
    stdout: '',
    stderr: '',
    started_at: now,
    ended_at: now,
    truncated: { stdout: false, stderr: false },
    ...(request.lease_id !== undefined && { lease_id: request.lease_id }),
    ...answer,
  };
}

/** The Worker API of one fake node: retention and idempotency as contract 03 section 5.8 has them. */
class FakeWorker {
  readonly #options: FakeNodeOptions;
  readonly #node: FakeNode;
  readonly #kept: Map<string, KeptJob>;
  #server: HttpServer | undefined;
  #frozen: PromiseWithResolvers<void> | undefined;
  /** Work of an earlier life of the node must not end up in a later one. */
  #life = 0;

  constructor(options: FakeNodeOptions, node: FakeNode, kept: Map<string, KeptJob>) {
    this.#options = options;
    this.#node = node;
    this.#kept = kept;
  }

  async listen(port: number): Promise<number> {
    const server = await createHttpServer({ log: silentLog, writeTimeoutMs: 0 });
    this.#server = server;
    this.#bind(server);
    return server.listen({ host: '127.0.0.1', port });
  }

  async close(): Promise<void> {
    this.#life += 1;
    this.thaw();
    this.#server?.app.server.closeAllConnections();
    await this.#server?.close();
    for (const [jobId, job] of this.#kept) {
      job.result ??= resultOf(
        { version: 1, task_id: job.taskId, job_id: jobId, sandbox: { command: ['x'] } },
        { status: 'failed', exit_code: 125, stderr: 'cynode: node restarted\n' },
      );
    }
  }

  freeze(): void {
    this.#frozen ??= Promise.withResolvers();
  }

  thaw(): void {
    this.#frozen?.resolve();
    this.#frozen = undefined;
  }

  #hangUp(): never {
    this.#server?.app.server.closeAllConnections();
    throw new ProblemError('internal', 'gone');
  }

  async #guard(request: { headers: { authorization?: string | undefined } }): Promise<void> {
    await this.#frozen?.promise;
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    this.#node.tokensSeen.add(token);
    if (this.#node.token === undefined || token !== this.#node.token) {
      throw new ProblemError('authentication', 'wrong token');
    }
  }

  async #run(request: RunJobRequest): Promise<RunJobResult> {
    const known = this.#kept.get(request.job_id);
    if (known !== undefined) {
      if (known.leaseId !== request.lease_id) {
        throw new ProblemError('job_conflict', 'the job runs or ended under another lease');
      }
      await known.ended;
      return known.result ?? this.#hangUp();
    }
    const life = this.#life;
    const { promise, resolve } = Promise.withResolvers<void>();
    const job: KeptJob = {
      taskId: request.task_id,
      leaseId: request.lease_id,
      result: undefined,
      ended: promise,
    };
    this.#kept.set(request.job_id, job);
    this.#node.executed.push(request.job_id);
    let answer: RunAnswer;
    try {
      answer = (await this.#options.onRun?.(request)) ?? {};
    } catch (error) {
      this.#kept.delete(request.job_id);
      throw error;
    } finally {
      resolve();
    }
    if (life !== this.#life) this.#hangUp();
    job.result = resultOf(request, answer === 'hang up' ? {} : answer);
    await this.#frozen?.promise;
    return answer === 'hang up' ? this.#hangUp() : job.result;
  }

  #bind(server: HttpServer): void {
    const node = this.#node;
    const guard = this.#guard.bind(this);
    const { upstream } = this.#options;
    if (upstream !== undefined) bindRelay(server, guard, upstream);
    bindRoute(server, workerApiRoutes.runJob, {
      guard,
      handle: async ({ body }) => {
        node.runs.push(body);
        return { status: 200, body: await this.#run(body) };
      },
    });
    bindRoute(server, workerApiRoutes.stageInputFile, {
      guard,
      handle: async ({ params: { job_id }, query, content }) => {
        const chunks: Buffer[] = [];
        for await (const chunk of content.chunks) chunks.push(chunk);
        const upload = {
          jobId: job_id,
          path: query.path,
          mode: query.mode,
          bytes: Buffer.concat(chunks),
        };
        await this.#options.onStage?.(upload);
        node.uploads.push(upload);
        return { status: 204 };
      },
    });
    bindRoute(server, workerApiRoutes.getJob, {
      guard,
      handle: ({ params: { job_id } }) => {
        node.asked.push(job_id);
        const job = this.#kept.get(job_id);
        if (job === undefined) throw new ProblemError('not_found', 'no such job');
        return {
          status: 200,
          body: {
            version: 1 as const,
            task_id: job.taskId,
            job_id,
            ...(job.leaseId !== undefined && { lease_id: job.leaseId }),
            status: job.result?.status ?? ('in_progress' as const),
            ...(job.result && { result: job.result }),
          },
        };
      },
    });
    bindRoute(server, workerApiRoutes.ackJob, {
      guard,
      handle: ({ params: { job_id } }) => {
        const job = this.#kept.get(job_id);
        if (job === undefined) throw new ProblemError('not_found', 'no such job');
        if (job.result === undefined) throw new ProblemError('job_conflict', 'it still runs');
        this.#kept.delete(job_id);
        node.acked.push(job_id);
        return { status: 204 };
      },
    });
    bindRoute(server, workerApiRoutes.stopJob, {
      guard,
      handle: ({ body }) => {
        node.stops.push(body);
        const status = this.#options.onStop?.(body) ?? 'stopping';
        return { status: status === 'stopping' ? 202 : 200, body: { version: 1 as const, status } };
      },
    });
    bindRoute(server, workerApiRoutes.stopAll, {
      guard,
      handle: () => {
        node.stopAlls += 1;
        return { status: 200, body: { version: 1 as const, stopped: [], failed: [] } };
      },
    });
    bindRoute(server, workerApiRoutes.loadModel, {
      guard,
      handle: async ({ body: { model_ref } }) => {
        node.loads.push(model_ref);
        if (node.models.get(model_ref)?.status !== 'available') {
          const model = (await this.#options.onLoad?.(model_ref)) ?? { status: 'loading' as const };
          node.models.set(model_ref, model);
        }
        const isThere = node.models.get(model_ref)?.status === 'available';
        const body = { version: 1 as const, model_ref };
        return isThere
          ? { status: 200, body: { ...body, status: 'available' as const } }
          : { status: 202, body: { ...body, status: 'loading' as const } };
      },
    });
    bindRoute(server, workerApiRoutes.listModels, {
      guard,
      handle: () => {
        node.lists += 1;
        const models = [...node.models].map(([model_ref, model]) => ({ model_ref, ...model }));
        return { status: 200, body: { version: 1 as const, models } };
      },
    });
  }
}

/** A node that is a real HTTP server with the Worker API's schemas, retention included. */
export async function fakeNode(options: FakeNodeOptions): Promise<FakeNode> {
  const kept = new Map<string, KeptJob>();
  const node: FakeNode = {
    slug: options.slug,
    url: '',
    runs: [],
    uploads: [],
    executed: [],
    stops: [],
    asked: [],
    acked: [],
    stopAlls: 0,
    loads: [],
    lists: 0,
    models: new Map(),
    kept,
    tokensSeen: new Set(),
    token: undefined,
    report: (extra = {}) => ({
      version: 1,
      reported_at: new Date().toISOString(),
      node: { node_slug: options.slug },
      platform: { os: 'linux', arch: 'amd64' },
      compute: { cpu_cores: 2, ram_mb: 2048 },
      sandbox: { supported: true, max_concurrency: options.maxConcurrency ?? 4 },
      inference: { supported: false },
      worker_api: { base_url: node.url },
      ...options.report,
      ...extra,
    }),
    join: async (controlPlane) => {
      const session = await register(controlPlane, node.report());
      const config = nodeConfigurationPayloadSchema.parse(
        await (await session.fetchConfig()).json(),
      );
      node.token = config.worker_api.orchestrator_bearer_token;
      const acked = await session.ack({
        node_slug: options.slug,
        config_version: config.config_version,
        status: 'applied',
      });
      if (acked.status !== 204) throw new Error(`ack: ${acked.status} ${await acked.text()}`);
      return { ...session, configVersion: config.config_version };
    },
    freeze: () => worker.freeze(),
    thaw: () => worker.thaw(),
    kill: () => worker.close(),
    restart: async () => {
      await worker.close();
      await worker.listen(port);
    },
    close: () => worker.close(),
    [Symbol.asyncDispose]: () => worker.close(),
  };
  const worker = new FakeWorker(options, node, kept);
  const port = await worker.listen(0);
  return Object.assign(node, { url: `http://127.0.0.1:${port}` });
}
