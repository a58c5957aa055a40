import {
  type NodeCapabilityReport,
  type RunJobRequest,
  type RunJobResult,
  type StopJobRequest,
  nodeBootstrapPayloadSchema,
  nodeConfigurationPayloadSchema,
  workerApiRoutes,
} from '@cynodeai/contracts';
import { ProblemError, bindRoute, createHttpServer } from '@cynodeai/runtime/http';
import { silentLog } from '@cynodeai/runtime/observe';
import { psk } from './control-plane.ts';

type RunAnswer = Partial<RunJobResult> | 'hang up';

export interface FakeNodeOptions {
  readonly slug: string;
  readonly maxConcurrency?: number;
  /** What `jobs:run` does; a clean exit unless told. Throw a ProblemError to refuse. */
  readonly onRun?: (request: RunJobRequest) => Promise<RunAnswer> | RunAnswer;
  readonly onStop?: (request: StopJobRequest) => 'stopping' | 'not_running';
  readonly report?: Partial<NodeCapabilityReport>;
}

export interface FakeNode extends AsyncDisposable {
  readonly slug: string;
  readonly url: string;
  /** Every body of `jobs:run` with the right token, in order of arrival. */
  readonly runs: RunJobRequest[];
  readonly stops: StopJobRequest[];
  /** Bearer tokens that arrived, right or wrong. */
  readonly tokensSeen: Set<string>;
  /** Token of the last fetched configuration. */
  token: string | undefined;
  report(extra?: Record<string, unknown>): NodeCapabilityReport;
  /** Register, fetch, acknowledge. */
  join(controlPlane: string): Promise<NodeSession>;
  close(): Promise<void>;
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

/** A node that is a real HTTP server with the Worker API's schemas. */
export async function fakeNode(options: FakeNodeOptions): Promise<FakeNode> {
  const server = await createHttpServer({ log: silentLog, writeTimeoutMs: 0 });
  const node: FakeNode = {
    slug: options.slug,
    url: '',
    runs: [],
    stops: [],
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
    close: async () => {
      server.app.server.closeAllConnections();
      await server.close();
    },
    [Symbol.asyncDispose]: () => node.close(),
  };
  const guard = (request: { headers: { authorization?: string | undefined } }): void => {
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    node.tokensSeen.add(token);
    if (node.token === undefined || token !== node.token) {
      throw new ProblemError('authentication', 'wrong token');
    }
  };
  bindRoute(server, workerApiRoutes.runJob, {
    guard,
    handle: async ({ body }) => {
      node.runs.push(body);
      const answer = (await options.onRun?.(body)) ?? {};
      if (answer === 'hang up') {
        server.app.server.closeAllConnections();
        throw new ProblemError('internal', 'gone');
      }
      const now = new Date().toISOString();
      const { task_id, job_id } = body;
      return {
        status: 200,
        body: {
          version: 1 as const,
          task_id,
          job_id,
          status: 'completed' as const,
          exit_code: 0,
          stdout: '',
          stderr: '',
          started_at: now,
          ended_at: now,
          truncated: { stdout: false, stderr: false },
          ...(body.lease_id !== undefined && { lease_id: body.lease_id }),
          ...answer,
        },
      };
    },
  });
  bindRoute(server, workerApiRoutes.stopJob, {
    guard,
    handle: ({ body }) => {
      node.stops.push(body);
      const status = options.onStop?.(body) ?? 'stopping';
      return { status: status === 'stopping' ? 202 : 200, body: { version: 1 as const, status } };
    },
  });
  const port = await server.listen({ host: '127.0.0.1', port: 0 });
  return Object.assign(node, { url: `http://127.0.0.1:${port}` });
}
