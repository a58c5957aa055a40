import { type HttpServer, createHttpServer } from '@cynodeai/runtime/http';
import { silentLog } from '@cynodeai/runtime/observe';
import { parseJsonOr } from '@cynodeai/runtime/std';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { buffer as bytesOf } from 'node:stream/consumers';
import type { Answer, Recorded } from './scripted-answers.ts';

async function record(incoming: IncomingMessage): Promise<Recorded> {
  const body = await bytesOf(incoming);
  return {
    method: incoming.method ?? '',
    url: incoming.url ?? '',
    headers: incoming.headers,
    body,
    json: parseJsonOr(body.toString('utf8')),
    at: performance.now(),
  };
}

function routeOf(request: Recorded): string {
  return `${request.method} ${request.url.split('?', 1)[0]}`;
}

/** Without a limit of its own on how long an answer takes: some are never given. */
export function createScriptableServer(): Promise<HttpServer> {
  return createHttpServer({ log: silentLog, writeTimeoutMs: 0 });
}

/**
 * A server on a real socket that keeps every request, and gives the answers a test wrote. What has none gets the
 * server's own routes, if it has some, else the problem document of an unknown path.
 */
export class ScriptedServer implements AsyncDisposable {
  /** Every request so far, in order of arrival. */
  readonly requests: Recorded[] = [];
  /** Answers whatever `on` and `next` leave. */
  otherwise: Answer | undefined;
  readonly #server: HttpServer;
  readonly #always = new Map<string, Answer>();
  readonly #next = new Map<string, Answer[]>();
  readonly #held = new Map<string, Promise<unknown>>();
  #port = 0;

  /** @param server one without routes yet. */
  protected constructor(server: HttpServer) {
    this.#server = server;
    this.#standBefore(server);
  }

  static async start(): Promise<ScriptedServer> {
    return new ScriptedServer(await createScriptableServer()).listen();
  }

  protected async listen(): Promise<this> {
    this.#port = await this.#server.listen({ host: '127.0.0.1', port: 0 });
    return this;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Answers `METHOD /path` (without query) from now on. */
  on(route: string, answer: Answer): this {
    this.#always.set(route, answer);
    return this;
  }

  /** Answers the next calls of `METHOD /path`, one answer each. */
  next(route: string, ...answers: readonly Answer[]): this {
    this.#next.set(route, [...(this.#next.get(route) ?? []), ...answers]);
    return this;
  }

  /** Answers no call of `METHOD /path` before the promise is fulfilled, and then as ever. */
  hold(route: string, until: Promise<unknown>): this {
    this.#held.set(route, until);
    return this;
  }

  /** The requests of one `METHOD /path`. */
  of(route: string): Recorded[] {
    return this.requests.filter((request) => routeOf(request) === route);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.app.server.closeAllConnections();
    await this.#server.close();
  }

  /** Reads each request whole before any route does, which gets the same bytes. */
  #standBefore({ app }: HttpServer): void {
    const bodies = new WeakMap<IncomingMessage, Buffer>();
    app.addHook('onRequest', async ({ raw }, reply) => {
      const request = await record(raw).catch(() => undefined);
      if (request === undefined) {
        // The client left in the middle: there is nothing to answer and nobody to tell.
        reply.hijack();
        return;
      }
      this.requests.push(request);
      await this.#held.get(routeOf(request));
      const answer = this.#answerTo(request);
      if (answer === undefined) {
        bodies.set(raw, request.body);
        return;
      }
      reply.hijack();
      await answer(request, reply.raw);
    });
    app.addHook('preParsing', async ({ raw }) =>
      Readable.from(bodies.get(raw) ?? Buffer.alloc(0), { objectMode: false }),
    );
  }

  #answerTo(request: Recorded): Answer | undefined {
    const route = routeOf(request);
    return this.#next.get(route)?.shift() ?? this.#always.get(route) ?? this.otherwise;
  }
}
