import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { RelayRefusal } from '../../ports/relay.ts';
import { InFlight } from './in-flight.ts';
import type { InferenceForwarder } from './inference-forwarder.ts';
import { answerLocally, inWordsOfTheService } from './refuse.ts';

/** What one job may hold at a time, whatever the paths: each connection costs the node a descriptor. */
const perJob = { connections: 64, requests: 8, waitMs: 30_000 } as const;

const healthy = { status: 200, headers: { 'content-type': 'text/plain' }, text: 'ok' };

const crowded: RelayRefusal = {
  kind: 'node_at_capacity',
  message: `this job has ${perJob.requests} requests under way already`,
  retryAfterSeconds: 5,
};

/** The requests of one job. */
class JobRequests {
  readonly #forwarder: InferenceForwarder;
  readonly #places = new InFlight(perJob.requests, perJob.waitMs);
  readonly #busy = new WeakSet<Socket>();

  constructor(forwarder: InferenceForwarder) {
    this.#forwarder = forwarder;
  }

  serve(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    // Nobody needs to send a request before the last one was answered, and each would be kept until its turn.
    if (this.#busy.has(socket) || socket.destroyed) {
      socket.destroy();
      return;
    }
    this.#busy.add(socket);
    response.once('close', () => this.#busy.delete(socket));
    if (this.#places.tryEnter()) this.#enter(request, response);
    else void this.#wait(request, response);
  }

  async #wait(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const place = this.#places.wait();
    response.once('close', place.giveUp);
    const admitted = await place.admitted;
    response.off('close', place.giveUp);
    if (!admitted) answerLocally(request, response, inWordsOfTheService(crowded));
    else if (response.closed) this.#places.leave();
    else this.#enter(request, response);
  }

  #enter(request: IncomingMessage, response: ServerResponse): void {
    response.once('close', () => this.#places.leave());
    const target = request.url ?? '';
    if (target === '/healthz' && request.method === 'GET') {
      answerLocally(request, response, healthy);
    } else {
      this.#forwarder.forward(request, response, target, inWordsOfTheService);
    }
  }
}

/**
 * An HTTP server for the requests of one sandbox, not yet listening. It never tunnels: `CONNECT` is
 * refused, and a request to upgrade is answered as if it had not asked.
 * See docs/reference/sandbox.md#relay.
 */
export function createRelayServer(forwarder: InferenceForwarder): Server {
  const requests = new JobRequests(forwarder);
  const server = createServer({ requestTimeout: 0 }, (request, response) =>
    requests.serve(request, response),
  );
  server.maxConnections = perJob.connections;
  server.on('connect', (_request: IncomingMessage, socket: Socket) => {
    // From here on nobody else listens to the faults of this connection.
    socket.on('error', () => socket.destroy());
    socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
  });
  // A refusal comes before the upload, not after it.
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    requests.serve(request, response);
    if (!response.headersSent) response.writeContinue();
  });
  return server;
}
