import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { RelayRefusal } from '../../ports/relay.ts';
import { InFlight } from './in-flight.ts';
import type { InferenceForwarder } from './inference-forwarder.ts';
import type { PrepareBody } from './job-body.ts';
import { answerLocally, inWordsOfTheService } from './refuse.ts';
import { announcedLength } from './request-body.ts';

/** What one job may hold at a time, whatever the paths: each connection costs the node a descriptor. */
const perJob = { connections: 64, requests: 8, waitMs: 30_000 } as const;

/** A body beyond this, or of unknown length, is a large one, bytes. */
const largeBytes = 1024 * 1024;

const healthy = { status: 200, headers: { 'content-type': 'text/plain' }, text: 'ok' };

const crowded: RelayRefusal = {
  kind: 'node_at_capacity',
  message: `this job has as many requests under way as it may: ${perJob.requests}, one of them large`,
  retryAfterSeconds: 5,
};

/** The requests of one job. */
class JobRequests {
  readonly #forwarder: InferenceForwarder;
  readonly #prepare: PrepareBody | undefined;
  readonly #places = new InFlight(perJob.requests, perJob.waitMs);
  /** Bodies that are read are held as a whole: of large ones one at a time. */
  readonly #large = new InFlight(1, perJob.waitMs);
  readonly #busy = new WeakSet<Socket>();

  constructor(forwarder: InferenceForwarder, prepare: PrepareBody | undefined) {
    this.#forwarder = forwarder;
    this.#prepare = prepare;
  }

  /** @param goAhead for a sender who waits to be told to send the body */
  serve(request: IncomingMessage, response: ServerResponse, goAhead?: () => void): void {
    const { socket } = request;
    // Nobody needs to send a request before the last one was answered, and each would be kept until its turn.
    if (this.#busy.has(socket) || socket.destroyed) {
      socket.destroy();
      return;
    }
    this.#busy.add(socket);
    response.once('close', () => this.#busy.delete(socket));
    void this.#pass(this.#gatesOf(request), request, response, goAhead);
  }

  #gatesOf(request: IncomingMessage): readonly InFlight[] {
    const length = announcedLength(request);
    const isLarge = length === undefined || length > largeBytes;
    return isLarge && this.#prepare !== undefined ? [this.#places, this.#large] : [this.#places];
  }

  /** Through one gate after the other; each is left when the answer has gone. */
  async #pass(
    gates: readonly InFlight[],
    request: IncomingMessage,
    response: ServerResponse,
    goAhead: (() => void) | undefined,
  ): Promise<void> {
    for (const gate of gates) {
      if (!gate.tryEnter()) {
        const place = gate.wait();
        response.once('close', place.giveUp);
        const admitted = await place.admitted;
        response.off('close', place.giveUp);
        if (!admitted) {
          answerLocally(request, response, inWordsOfTheService(request.url ?? '')(crowded));
          return;
        }
        if (response.closed) {
          gate.leave();
          return;
        }
      }
      response.once('close', () => gate.leave());
    }
    this.#enter(request, response, goAhead);
  }

  #enter(
    request: IncomingMessage,
    response: ServerResponse,
    goAhead: (() => void) | undefined,
  ): void {
    const target = request.url ?? '';
    if (target === '/healthz' && request.method === 'GET') {
      answerLocally(request, response, healthy);
    } else {
      const handling = { prepare: this.#prepare, goAhead };
      this.#forwarder.forward(request, response, target, inWordsOfTheService(target), handling);
    }
  }
}

/**
 * An HTTP server for the requests of one sandbox, not yet listening. It never tunnels: `CONNECT` is
 * refused, and a request to upgrade is answered as if it had not asked.
 * See docs/reference/sandbox.md#relay.
 * @param prepare what becomes of bodies that name a model; without it they pass unread
 */
export function createRelayServer(forwarder: InferenceForwarder, prepare?: PrepareBody): Server {
  const requests = new JobRequests(forwarder, prepare);
  const server = createServer({ requestTimeout: 0 }, (request, response) =>
    requests.serve(request, response),
  );
  server.maxConnections = perJob.connections;
  server.on('connect', (_request: IncomingMessage, socket: Socket) => {
    // From here on nobody else listens to the faults of this connection.
    socket.on('error', () => socket.destroy());
    socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
  });
  // A refusal comes before the upload, not after it, and nothing is sent while there is no place for it.
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) =>
    requests.serve(request, response, () => response.writeContinue()),
  );
  return server;
}
