import { parseJson } from '@cynodeai/runtime/std';
import { type IncomingMessage, type Server, createServer } from 'node:http';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

export interface JsonRequest {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: unknown;
}

export interface JsonReply {
  readonly status: number;
  readonly json?: unknown;
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const body = await text(request);
  return body === '' ? undefined : parseJson(body);
}

/** A small HTTP server on loopback that stands for another party of the chain. */
export class JsonServer {
  readonly #server: Server;
  url = '';

  constructor(answer: (request: JsonRequest) => Promise<JsonReply> | JsonReply) {
    this.#server = createServer((request, response) => {
      void (async () => {
        const reply = await answer({
          method: request.method ?? '',
          path: request.url ?? '',
          authorization: request.headers.authorization,
          body: await bodyOf(request),
        });
        response.writeHead(reply.status, { 'content-type': 'application/json' });
        response.end(reply.json === undefined ? '' : JSON.stringify(reply.json));
      })();
    });
  }

  async start(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (typeof address === 'object' && address !== null)
      this.url = `http://127.0.0.1:${address.port}`;
    return this;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
