import { parseJson } from '@cynodeai/runtime/std';
import { textAt } from '@cynodeai/testing/harness';
import { Agent, type IncomingMessage, request } from 'node:http';
import { once } from 'node:events';

/** Status and parsed body of an answer. */
export interface JsonAnswer {
  readonly status: number;
  readonly json: unknown;
}

/** One HTTP connection that is used again and again, with the session of one user. */
export class KeptConnection {
  readonly #base: URL;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  #token: string | undefined;

  constructor(baseUrl: string, token?: string) {
    this.#base = new URL(baseUrl);
    this.#token = token;
  }

  /** Another connection with the same session. */
  another(): KeptConnection {
    return new KeptConnection(this.#base.href, this.#token);
  }

  async logIn(handle: string, password: string): Promise<void> {
    const { status, json } = await this.send('POST', '/v1/auth/login', { handle, password });
    if (status !== 200) throw new Error(`login answered ${status}`);
    this.#token = textAt(json, 'access_token');
  }

  async send(method: string, path: string, body?: unknown): Promise<JsonAnswer> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const call = request({
      host: this.#base.hostname,
      port: this.#base.port,
      agent: this.#agent,
      method,
      path,
      headers: {
        ...(text !== undefined && {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(text),
        }),
        ...(this.#token !== undefined && { authorization: `Bearer ${this.#token}` }),
      },
    });
    call.end(text);
    const [response] = (await once(call, 'response')) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
    const answer = Buffer.concat(chunks).toString('utf8');
    return {
      status: response.statusCode ?? 0,
      json: answer === '' ? undefined : parseJson(answer),
    };
  }

  close(): void {
    this.#agent.destroy();
  }
}
