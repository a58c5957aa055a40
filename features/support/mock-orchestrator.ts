import { randomBytes } from 'node:crypto';
import { at } from './http.ts';
import { type JsonReply, type JsonRequest, JsonServer } from './json-server.ts';

export type MockBehaviour = 'normal' | 'refuses-key' | 'foreign-config';

/** Where this orchestrator keeps the three URLs that only its bootstrap payload tells. */
const paths = { report: '/odd/report-here', config: '/odd/what-to-run' } as const;

/** A control-plane with unusual paths that records what a node asks of it, in order. */
export class MockOrchestrator {
  readonly psk = `psk-${randomBytes(18).toString('hex')}`;
  readonly workerToken = `wt-${randomBytes(24).toString('hex')}`;
  readonly nodeJwt = `jwt-${randomBytes(12).toString('hex')}`;
  readonly calls: string[] = [];
  readonly acks: unknown[] = [];
  /** Called when an acknowledgement arrives, before it is answered. */
  onAck: () => Promise<void> = () => Promise.resolve();
  readonly #behaviour: MockBehaviour;
  readonly #server = new JsonServer((request) => this.#serve(request));
  #slug = '';
  #workerUrl = '';

  constructor(behaviour: MockBehaviour = 'normal') {
    this.#behaviour = behaviour;
  }

  get url(): string {
    return this.#server.url;
  }

  /** Every secret this orchestrator gave out. */
  get secrets(): readonly string[] {
    return [this.psk, this.workerToken, this.nodeJwt];
  }

  async start(): Promise<this> {
    await this.#server.start();
    return this;
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }

  async #serve(request: JsonRequest): Promise<JsonReply> {
    if (request.path === '/v1/nodes/register') return this.#register(request.body);
    if (request.authorization !== `Bearer ${this.nodeJwt}`) return { status: 401 };
    if (request.path === paths.report) return { status: 204 };
    if (request.path !== paths.config) return { status: 404 };
    if (request.method === 'GET') {
      this.calls.push('config');
      return { status: 200, json: this.#config() };
    }
    this.calls.push(`ack ${String(at(request.body, 'status'))}`);
    this.acks.push(request.body);
    await this.onAck();
    return { status: 204 };
  }

  #register(body: unknown): JsonReply {
    this.calls.push('register');
    if (this.#behaviour === 'refuses-key' || at(body, 'psk') !== this.psk) {
      return {
        status: 401,
        json: { type: 'urn:cynodeai:error:authentication', title: 'Unauthorized', status: 401 },
      };
    }
    this.#slug = String(at(body, 'capability.node.node_slug'));
    this.#workerUrl = String(at(body, 'capability.worker_api.base_url'));
    return {
      status: 201,
      json: {
        version: 1,
        issued_at: new Date().toISOString(),
        orchestrator: {
          base_url: this.url,
          endpoints: {
            worker_registration_url: `${this.url}/v1/nodes/register`,
            node_report_url: `${this.url}${paths.report}`,
            node_config_url: `${this.url}${paths.config}`,
          },
        },
        auth: {
          node_jwt: this.nodeJwt,
          expires_at: new Date(Date.now() + 86_400_000).toISOString(),
        },
      },
    };
  }

  #config(): unknown {
    return {
      version: 1,
      config_version: '01K00000000000000000000001',
      issued_at: new Date().toISOString(),
      node_slug: this.#behaviour === 'foreign-config' ? 'somebody-else' : this.#slug,
      orchestrator: {
        base_url: this.url,
        endpoints: {
          worker_api_target_url: this.#workerUrl,
          node_report_url: `${this.url}${paths.report}`,
        },
      },
      worker_api: { orchestrator_bearer_token: this.workerToken },
      policy: {},
      future_field: true,
    };
  }
}
