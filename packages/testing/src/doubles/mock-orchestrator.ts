import { parseJson, at } from '@cynodeai/runtime/std';
import type {
  NodeCapabilityReport,
  NodeConfigAck,
  NodeConfigurationPayload,
} from '@cynodeai/contracts/control-plane';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as bodyOf } from 'node:stream/consumers';

export const testPsk = 'psk-0123456789-unique-in-this-test';
export const testToken = 'worker-token-0123456789-abcdefghijklmnop';
export const testVersion = '01HZZZZZZZZZZZZZZZZZZZZZZZ';

/** Answers given instead of the usual one, in order; `close` cuts the connection. */
export type Script = (number | 'close')[];

/** The control-plane half of the node contract, served under paths no node could guess. */
export class MockOrchestrator {
  /** What was called, in order: `register`, `fetch`, `report`, `ack:<status>`; refused calls end with `!`. */
  readonly calls: string[] = [];
  readonly reports: NodeCapabilityReport[] = [];
  readonly acks: NodeConfigAck[] = [];
  /** Keys nodes registered by, in order. */
  readonly publicKeys: unknown[] = [];
  readonly scripts: Record<'register' | 'fetch' | 'report' | 'ack', Script> = {
    register: [],
    fetch: [],
    report: [],
    ack: [],
  };
  /** Changes the configuration before it is served; text is served as it is. */
  editConfig: (config: NodeConfigurationPayload) => object | string = (config) => config;
  /** Awaited before a configuration is served. */
  beforeConfig: () => Promise<void> = async () => {};
  /** Awaited when a call arrives, before it is answered. */
  onCall: (call: string) => unknown = () => {};
  slug = 'node-a';
  workerUrl = 'http://127.0.0.1:1';
  /** The registration key it accepts. */
  accepts = testPsk;
  #jwtNumber = 0;
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch(() => response.destroy());
    });
  }

  async listen(port = 0): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Every secret it gave out or knows. */
  get secrets(): readonly string[] {
    return [testPsk, testToken, ...this.#jwts()];
  }

  /** Tokens handed out so far are not accepted any more. */
  revokeTokens(): void {
    this.#jwtNumber += 1;
  }

  #jwts(): string[] {
    return Array.from({ length: this.#jwtNumber }, (_, index) => `jwt-${index + 1}`);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await bodyOf(request);
    const send = (status: number, body?: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(typeof body === 'string' || body === undefined ? body : JSON.stringify(body));
    };
    const call = this.#nameOf(request, text);
    if (call === undefined) return send(418);
    await this.onCall(call);
    const [kind = ''] = call.split(':');
    const scripted = this.scripts[kind as keyof typeof this.scripts].shift();
    if (scripted === 'close') {
      this.calls.push(`${call}!`);
      response.destroy();
      return;
    }
    const expected = `Bearer jwt-${this.#jwtNumber}`;
    const denied =
      kind === 'register'
        ? at(parseJson(text), 'psk') !== this.accepts
        : request.headers.authorization !== expected;
    const status = scripted ?? (denied ? 401 : undefined);
    if (status !== undefined) {
      this.calls.push(`${call}!`);
      return send(status, { type: 'about:blank', title: 'No', status, detail: 'scripted' });
    }
    this.calls.push(call);
    return this.#answer(kind, text, send);
  }

  #nameOf(request: IncomingMessage, text: string): string | undefined {
    switch (`${request.method} ${request.url}`) {
      case 'POST /v1/nodes/register':
        return 'register';
      case 'POST /odd/7/tell-me?x=1':
        return 'report';
      case 'GET /elsewhere/what-to-be':
        return 'fetch';
      case 'POST /elsewhere/what-to-be':
        return `ack:${String(at(parseJson(text), 'status'))}`;
      default:
        return undefined;
    }
  }

  async #answer(
    kind: string,
    text: string,
    send: (status: number, body?: unknown) => void,
  ): Promise<void> {
    switch (kind) {
      case 'register':
        this.#jwtNumber += 1;
        this.reports.push(at(parseJson(text), 'capability') as NodeCapabilityReport);
        this.publicKeys.push(at(parseJson(text), 'identity', 'public_key'));
        return send(201, this.#bootstrap());
      case 'report':
        this.reports.push(parseJson(text) as NodeCapabilityReport);
        return send(204);
      case 'fetch':
        await this.beforeConfig();
        return send(200, this.editConfig(this.#config()));
      default:
        this.acks.push(parseJson(text) as NodeConfigAck);
        return send(204);
    }
  }

  #bootstrap(): object {
    return {
      version: 1,
      issued_at: new Date().toISOString(),
      orchestrator: {
        base_url: this.url,
        endpoints: {
          worker_registration_url: `${this.url}/not/used`,
          node_report_url: `${this.url}/odd/7/tell-me?x=1`,
          node_config_url: `${this.url}/elsewhere/what-to-be`,
        },
      },
      auth: { node_jwt: `jwt-${this.#jwtNumber}`, expires_at: '2036-01-01T00:00:00.000Z' },
    };
  }

  #config(): NodeConfigurationPayload {
    return {
      version: 1,
      config_version: testVersion,
      issued_at: new Date().toISOString(),
      node_slug: this.slug,
      orchestrator: {
        base_url: this.url,
        endpoints: {
          worker_api_target_url: this.workerUrl,
          node_report_url: `${this.url}/odd/7/tell-me?x=1`,
        },
      },
      worker_api: { orchestrator_bearer_token: testToken },
      a_field_of_tomorrow: { any: 'thing' },
    };
  }
}
