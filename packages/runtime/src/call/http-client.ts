import { once } from 'node:events';
import type { AgentOptions, ClientRequest, Agent as HttpAgent, IncomingMessage } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import process from 'node:process';
import { Readable, pipeline } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { urlToHttpOptions } from 'node:url';
import type { Secret } from '../config/secret.ts';
import { type ServerTrust, trustOptions } from './server-trust.ts';

export interface HttpClientOptions<Lane extends string = never> {
  /**
   * Most connections to one origin at once; calls beyond wait. 64 unless told. With a `proofKey` a burst of calls opens
   * more: a connection counts from its proof on.
   */
  readonly connections?: number;
  /** Limit of opening a connection, ms; 5 s unless told. */
  readonly connectTimeoutMs?: number;
  /**
   * Connections of their own for calls that must not queue behind others, by purpose: most of them to one origin at
   * once.
   */
  readonly lanes?: Readonly<Record<Lane, number>>;
  /**
   * Key that the other side of every plain connection must prove to hold before anything else is sent; a call fails
   * with the fault `ERR_NOT_PROVEN` otherwise. See docs/reference/processes.md#proof.
   */
  readonly proofKey?: Secret | undefined;
  /** Whom to believe behind TLS, where a call does not say; the system's authorities when absent. */
  readonly trust?: ServerTrust | undefined;
}

/** A request as it goes over the wire. */
export interface HttpRequest {
  readonly method: string;
  readonly origin: URL;
  /** Path and query exactly as they are sent; a URL parser would resolve `%2E%2E` away. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer | AsyncIterable<Uint8Array>;
  readonly lane?: string | undefined;
  /** Whom to believe behind TLS; what the client was made with unless told. */
  readonly trust?: ServerTrust | undefined;
  readonly signal: AbortSignal;
}

/** Status and headers of an answer, with its body still to come; the body must be read or discarded. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: AsyncIterable<Uint8Array>;
  discard(): void;
}

interface Coded extends Error {
  code: string;
}

function coded(code: string, message: string): Coded {
  return Object.assign(new Error(message), { code });
}

/** Not imported: an import statement reads every export, and that of `WebSocket` loads undici, which takes 40 ms. */
const { Agent, request } = process.getBuiltinModule('node:http');

const idleMs = 30_000;

/**
 * Kept connections to other services, one client per process, closed by its owner. No redirects, no default limits of
 * time: every call brings its own. It is made of node:http alone, which costs a short-lived program nothing to load.
 */
export class HttpClient<Lane extends string = never> {
  readonly #agents = new Map<string, HttpAgent | HttpsAgent>();
  readonly #running = new Set<(error: Error) => void>();
  readonly #options: HttpClientOptions<Lane>;
  #closed = false;

  constructor(options: HttpClientOptions<Lane> = {}) {
    this.#options = options;
  }

  /** Sends a request and waits for the head of its answer. Rejects on network faults and when the signal fires. */
  async open(call: HttpRequest): Promise<HttpResponse> {
    const agent = await this.#agentOf(call);
    await dropEnded(agent);
    call.signal.throwIfAborted();
    if (this.#closed) throw coded('ERR_CLIENT_CLOSED', 'the client is closed');
    const outgoing = request({
      ...urlToHttpOptions(call.origin),
      ...trustOptions(call.trust ?? this.#options.trust),
      agent,
      method: call.method,
      path: call.path,
      headers: call.headers,
    });
    const { promise: failed, reject } = Promise.withResolvers<never>();
    // Nobody waits for a fault that comes after the answer: the body of the answer ends with it.
    failed.catch(() => {});
    outgoing.on('error', reject);
    this.#watch(outgoing, call.signal, reject);
    const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
    send(outgoing, call.body);
    const [response] = await Promise.race([answered, failed]);
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      body: response,
      // The abort this makes is nobody's fault.
      discard: () => void response.on('error', () => {}).destroy(),
    };
  }

  /** Cuts every connection; calls that are under way fail. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const giveUp of this.#running) {
      giveUp(coded('ERR_CLIENT_CLOSED', 'the client was closed'));
    }
    for (const agent of this.#agents.values()) agent.destroy();
  }

  #watch(outgoing: ClientRequest, signal: AbortSignal, reject: (error: Error) => void): void {
    const giveUp = (error: Error): void => {
      // A request that still waits for a connection would tell only once it has one.
      reject(error);
      outgoing.destroy(error);
    };
    const stop = (): void => giveUp(coded('ABORT_ERR', 'the call was given up'));
    signal.addEventListener('abort', stop, { once: true });
    this.#running.add(giveUp);
    outgoing.on('close', () => {
      signal.removeEventListener('abort', stop);
      this.#running.delete(giveUp);
    });
    outgoing.on('socket', (socket) => {
      if (!socket.connecting) return;
      const late = setTimeout(
        () => outgoing.destroy(coded('ERR_CONNECT_TIMEOUT', 'connecting took too long')),
        this.#connectMs,
      );
      const opened = 'encrypted' in socket ? 'secureConnect' : 'connect';
      socket.once(opened, () => clearTimeout(late)).once('close', () => clearTimeout(late));
    });
  }

  async #agentOf({ origin, lane }: HttpRequest): Promise<HttpAgent | HttpsAgent> {
    const key = `${origin.protocol}${lane ?? ''}`;
    const known = this.#agents.get(key);
    if (known !== undefined) return known;
    const lanes: Readonly<Record<string, number>> = this.#options.lanes ?? {};
    const own = lane === undefined ? undefined : lanes[lane];
    const settings = {
      keepAlive: true,
      maxSockets: own ?? this.#options.connections ?? 64,
      // Of idle connections only; a call under way has the limits it brings.
      timeout: idleMs,
    };
    const agent = await this.#newAgent(origin, settings);
    const first = this.#agents.get(key) ?? agent;
    this.#agents.set(key, first);
    return first;
  }

  get #connectMs(): number {
    return this.#options.connectTimeoutMs ?? 5000;
  }

  async #newAgent({ protocol }: URL, settings: AgentOptions): Promise<HttpAgent | HttpsAgent> {
    const { proofKey } = this.#options;
    if (protocol === 'https:') return new (await import('node:https')).Agent(settings);
    if (proofKey === undefined) return new Agent(settings);
    const { ProvenAgent } = await import('./proven-agent.ts');
    return new ProvenAgent(settings, proofKey, this.#connectMs);
  }
}

/**
 * Gives up kept connections that their peers have closed: a request on one would look as if it had been cut under way.
 * Their end is seen when the event loop polls, and an agent still lends them out until they are closed on both sides.
 */
async function dropEnded({ freeSockets }: HttpAgent | HttpsAgent): Promise<void> {
  // The first comes in the turn that is under way, whose poll is over.
  await nextTurn();
  await nextTurn();
  for (const socket of Object.values(freeSockets).flat()) {
    if (socket?.readableEnded === true) socket.destroy();
  }
}

/** Sends the body; the faults of its source and of the connection are both the request's. */
function send(outgoing: ClientRequest, body: HttpRequest['body']): void {
  if (body === undefined || Buffer.isBuffer(body)) outgoing.end(body);
  else pipeline(Readable.from(body, { objectMode: false }), outgoing, () => {});
}
