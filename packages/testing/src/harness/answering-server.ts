import { once } from 'node:events';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

type Listener = (request: IncomingMessage, response: ServerResponse) => unknown;

/** The other side of a client under test: it notes what reaches it and answers as the test says. */
export class AnsweringServer implements AsyncDisposable {
  /** Every request, as soon as its head is there. */
  readonly requests: IncomingMessage[] = [];
  /** Answers from now on; until it is set nothing is answered. */
  answer: Listener;
  readonly port: number;
  readonly #server: Server;

  private constructor(server: Server, answer: Listener) {
    this.#server = server;
    this.answer = answer;
    this.port = (server.address() as AddressInfo).port;
    server.on('request', (request, response) => {
      this.requests.push(request);
      void this.answer(request, response);
    });
  }

  /** @param port a free one when it is 0 */
  static async start(answer: Listener = () => {}, port = 0): Promise<AnsweringServer> {
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    return new AnsweringServer(server, answer);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Nobody listens there any more; calls that are under way are cut. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }
}

/** Answers JSON. */
export function json(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): (request: unknown, response: ServerResponse) => void {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };
}
