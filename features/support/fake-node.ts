import type { RunJobResult } from '@cynodeai/contracts/common';
import { type Answer, at, send, textAt } from './http.ts';
import { type JsonReply, type JsonRequest, JsonServer } from './json-server.ts';

export interface ReceivedJob {
  readonly atMs: number;
  readonly request: unknown;
}

type Outcome = Pick<RunJobResult, 'status'> & { readonly exitCode?: number };

/** A node made of a real HTTP server that speaks the Worker API, without a container engine. */
export class FakeNode {
  readonly slug: string;
  readonly jobs: ReceivedJob[] = [];
  outcome: Outcome = { status: 'completed', exitCode: 0 };
  ackedAtMs = Number.POSITIVE_INFINITY;
  answer: Answer | undefined;
  readonly configs: Answer[] = [];
  /** Bodies of model calls that came through the node's relay. */
  readonly modelCalls: unknown[] = [];
  /** What the model behind the relay does with the next call. */
  modelReply: JsonReply = { status: 200, json: { response: 'hello', done: true } };
  readonly #inference: boolean;
  readonly #controlPlane: string;
  readonly #psk: string;
  readonly #server: JsonServer;
  #hold: PromiseWithResolvers<void> | undefined;
  readonly #open = new Set<string>();
  /** Models the node was asked to load, and how far they are. */
  readonly models = new Map<string, 'available' | 'loading'>();
  /** What becomes of a model that is asked for. */
  loadsAs: 'available' | 'loading' = 'available';

  constructor(slug: string, controlPlane: string, psk: string, inference = false) {
    this.slug = slug;
    this.#inference = inference;
    this.#controlPlane = controlPlane;
    this.#psk = psk;
    this.#server = new JsonServer((request) => this.#serve(request));
  }

  /** A report of facts; `extra` is merged in. */
  report(extra: Record<string, unknown> = {}): Record<string, unknown> {
    return {
      version: 1,
      reported_at: new Date().toISOString(),
      node: { node_slug: this.slug, labels: [] },
      platform: { os: 'linux', arch: 'amd64' },
      compute: { cpu_cores: 2, ram_mb: 1024 },
      sandbox: { supported: true, max_concurrency: 4 },
      inference: this.#inference
        ? { supported: true, mode: 'allow', running: true, existing_service: true }
        : { supported: false, mode: 'disabled' },
      worker_api: { base_url: this.#server.url },
      ...extra,
    };
  }

  async register(extra: Record<string, unknown> = {}, psk = this.#psk): Promise<Answer> {
    if (this.#server.url === '') await this.#server.start();
    const url = `${this.#controlPlane}/v1/nodes/register`;
    this.answer = await send('POST', url, { json: { psk, capability: this.report(extra) } });
    return this.answer;
  }

  async fetchConfig(): Promise<Answer> {
    const bootstrap = this.answer?.json;
    const url = textAt(bootstrap, 'orchestrator.endpoints.node_config_url');
    const config = await send('GET', url, { token: textAt(bootstrap, 'auth.node_jwt') });
    this.configs.push(config);
    return config;
  }

  async acknowledge(status: string): Promise<Answer> {
    const config = this.configs.at(-1) ?? (await this.fetchConfig());
    const bootstrap = this.answer?.json;
    this.ackedAtMs = Date.now();
    return send('POST', textAt(bootstrap, 'orchestrator.endpoints.node_config_url'), {
      token: textAt(bootstrap, 'auth.node_jwt'),
      json: {
        version: 1,
        node_slug: this.slug,
        config_version: at(config.json, 'config_version'),
        ack_at: new Date().toISOString(),
        status,
        ...(status === 'failed' && { error: { type: 'test', message: 'made to fail' } }),
      },
    });
  }

  /** Sends a report of its own accord; `extra` is merged in. */
  async sendReport(extra: Record<string, unknown>): Promise<void> {
    const bootstrap = this.answer?.json;
    const url = textAt(bootstrap, 'orchestrator.endpoints.node_report_url');
    const token = textAt(bootstrap, 'auth.node_jwt');
    const answer = await send('POST', url, { token, json: this.report(extra) });
    if (answer.status >= 300) throw new Error(`report answered ${answer.status}: ${answer.text}`);
  }

  async becomeReady(): Promise<void> {
    await this.register();
    const ack = await this.acknowledge('applied');
    if (ack.status !== 204) throw new Error(`ack answered ${ack.status}: ${ack.text}`);
  }

  /** Answers to jobs wait until `release`. */
  holdBack(): void {
    this.#hold = Promise.withResolvers<void>();
  }

  release(): void {
    this.#hold?.resolve();
  }

  async stop(): Promise<void> {
    this.release();
    if (this.#server.url !== '') await this.#server.stop();
  }

  /** What `GET /v1/worker/jobs/{job_id}` says: a job is known while it is held back. */
  #state(path: string): JsonReply {
    const jobId = path.split('/').at(-1) ?? '';
    const job = this.jobs.find(({ request }) => at(request, 'job_id') === jobId);
    if (job === undefined || !this.#open.has(jobId)) {
      return {
        status: 404,
        json: { type: 'urn:cynodeai:error:not_found', title: '', status: 404 },
      };
    }
    const ids = {
      task_id: at(job.request, 'task_id'),
      job_id: jobId,
      lease_id: at(job.request, 'lease_id'),
    };
    return { status: 200, json: { version: 1, ...ids, status: 'in_progress' } };
  }

  /** Load, list and relay; a model that is asked for is there at once unless `loadsAs` says otherwise. */
  #serveModel({ path, body }: JsonRequest): JsonReply {
    if (path.endsWith('/models:load')) {
      const name = textAt(body, 'model_ref');
      const status = this.models.get(name) ?? this.loadsAs;
      this.models.set(name, status);
      const code = status === 'available' ? 200 : 202;
      return { status: code, json: { version: 1, model_ref: name, status } };
    }
    if (path.endsWith('/models')) {
      const models = [...this.models].map(([model_ref, status]) => ({ model_ref, status }));
      return { status: 200, json: { version: 1, models } };
    }
    this.modelCalls.push(body);
    return this.modelReply;
  }

  async #serve(request: JsonRequest): Promise<JsonReply> {
    const token = at(this.configs.at(-1)?.json, 'worker_api.orchestrator_bearer_token');
    if (typeof token !== 'string' || request.authorization !== `Bearer ${token}`) {
      return {
        status: 401,
        json: { type: 'urn:cynodeai:error:authentication', title: '', status: 401 },
      };
    }
    if (request.path === '/v1/worker/jobs:stop')
      return { status: 202, json: { version: 1, status: 'stopping' } };
    if (request.path.endsWith(':ack')) return { status: 204 };
    if (request.path.startsWith('/v1/worker/inference/')) return this.#serveModel(request);
    if (request.path !== '/v1/worker/jobs:run') return this.#state(request.path);
    this.jobs.push({ atMs: Date.now(), request: request.body });
    this.#open.add(textAt(request.body, 'job_id'));
    await this.#hold?.promise;
    this.#open.delete(textAt(request.body, 'job_id'));
    const now = new Date().toISOString();
    return {
      status: 200,
      json: {
        version: 1,
        task_id: at(request.body, 'task_id'),
        job_id: at(request.body, 'job_id'),
        status: this.outcome.status,
        ...(this.outcome.exitCode !== undefined && { exit_code: this.outcome.exitCode }),
        stdout: 'out\n',
        stderr: '',
        started_at: now,
        ended_at: now,
        truncated: { stdout: false, stderr: false },
      },
    };
  }
}
