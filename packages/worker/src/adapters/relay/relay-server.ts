import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { InferenceForwarder } from './inference-forwarder.ts';
import { answerLocally, inWordsOfTheService } from './refuse.ts';

/** Connections one job may hold at a time; each costs the node a descriptor. */
const maxConnections = 256;

const healthy = { status: 200, headers: { 'content-type': 'text/plain' }, text: 'ok' };

function serve(
  forwarder: InferenceForwarder,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const target = request.url ?? '';
  if (target === '/healthz' && request.method === 'GET') {
    answerLocally(request, response, healthy);
    return;
  }
  forwarder.forward(request, response, target, inWordsOfTheService);
}

/**
 * An HTTP server for the requests of one sandbox, not yet listening. It never tunnels: `CONNECT` is
 * refused, and a request to upgrade is answered as if it had not asked.
 * See docs/reference/sandbox.md#relay.
 */
export function createRelayServer(forwarder: InferenceForwarder): Server {
  const server = createServer({ requestTimeout: 0 }, (request, response) =>
    serve(forwarder, request, response),
  );
  server.maxConnections = maxConnections;
  server.on('connect', (_request: IncomingMessage, socket: Socket) => {
    // From here on nobody else listens to the faults of this connection.
    socket.on('error', () => socket.destroy());
    socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
  });
  // A refusal comes before the upload, not after it.
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    serve(forwarder, request, response);
    if (!response.headersSent) response.writeContinue();
  });
  return server;
}
