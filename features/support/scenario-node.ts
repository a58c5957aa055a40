import type { RunJobResult } from '@cynodeai/contracts/common';
import type { RunJobRequest } from '@cynodeai/contracts/worker-api';
import { type FakeNode, fakeNode } from '@cynodeai/testing/doubles';
import { type Answer, at, send, textAt } from '@cynodeai/testing/harness';
import { type JsonReply, JsonServer } from './json-server.ts';

export interface ReceivedJob {
  readonly atMs: number;
  readonly request: RunJobRequest;
}

type Outcome = Pick<RunJobResult, 'status'> & { readonly exitCode?: number };

/** Model the orchestrator chooses first for a node without a graphics card. */
export const smallModel = 'qwen3.5:0.8b';

/** What a node reports whose service has these models. */
export function serving(...models: readonly string[]) {
  return {
    inference: {
      supported: true,
      mode: 'allow' as const,
      running: true,
      existing_service: true,
      models: models.map((model_ref) => ({ model_ref, status: 'available' as const })),
    },
  };
}

/** The fake node as scenarios speak of it: registered step by step, answering as the scenario says. */
export class ScenarioNode {
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
  /** What becomes of a model that is asked for. */
  loadsAs: 'available' | 'loading' = 'available';
  readonly #inference: boolean;
  readonly #controlPlane: string;
  readonly #psk: string;
  readonly #model = new JsonServer(({ body }) => {
    this.modelCalls.push(body);
    return this.modelReply;
  });
  #fake: FakeNode | undefined;
  #hold: PromiseWithResolvers<void> | undefined;

  constructor(slug: string, controlPlane: string, psk: string, inference = false) {
    this.slug = slug;
    this.#inference = inference;
    this.#controlPlane = controlPlane;
    this.#psk = psk;
  }

  /** Models the node was asked to load, and how far they are. */
  get models(): FakeNode['models'] {
    return this.#started.models;
  }

  get #started(): FakeNode {
    if (this.#fake === undefined) throw new Error(`the node ${this.slug} never registered`);
    return this.#fake;
  }

  async #start(): Promise<FakeNode> {
    await this.#model.start();
    return fakeNode({
      slug: this.slug,
      psk: this.#psk,
      upstream: () => this.#model.url,
      onLoad: () => ({ status: this.loadsAs }),
      onRun: (request) => this.#run(request),
      report: this.#inference
        ? serving(...(this.loadsAs === 'available' ? [smallModel] : []))
        : { inference: { supported: false, mode: 'disabled' } },
    });
  }

  async #run(request: RunJobRequest): Promise<Record<string, unknown>> {
    this.jobs.push({ atMs: Date.now(), request });
    await this.#hold?.promise;
    return { status: this.outcome.status, exit_code: this.outcome.exitCode, stdout: 'out\n' };
  }

  async register(extra: Record<string, unknown> = {}, psk = this.#psk): Promise<Answer> {
    this.#fake ??= await this.#start();
    const url = `${this.#controlPlane}/v1/nodes/register`;
    this.answer = await send('POST', url, { json: { psk, capability: this.#fake.report(extra) } });
    return this.answer;
  }

  async fetchConfig(): Promise<Answer> {
    const bootstrap = this.answer?.json;
    const url = textAt(bootstrap, 'orchestrator.endpoints.node_config_url');
    const config = await send('GET', url, { token: textAt(bootstrap, 'auth.node_jwt') });
    this.configs.push(config);
    this.#started.token = textAt(config.json, 'worker_api.orchestrator_bearer_token');
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
    const answer = await send('POST', url, { token, json: this.#started.report(extra) });
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
    if (this.#fake === undefined) return;
    await this.#fake.close();
    await this.#model.stop();
  }
}
