import type { IncomingMessage, RequestListener, Server } from 'node:http';
import type { Socket } from 'node:net';

/** Requests of one connection that may be under way; who sends more before the answers come is cut off. */
const maxPipelined = 8;
/** Chunks after which their mean size counts, and the least it may be, bytes: each costs far more than its bytes. */
const tinyChunks = { after: 500, meanBytes: 16 } as const;

/** Ends the connection of a body in very many very small chunks. */
function boundChunks(request: IncomingMessage): void {
  if (request.headers['transfer-encoding'] === undefined) return;
  const push = request.push.bind(request);
  let chunks = 0;
  let bytes = 0;
  // Here every chunk is seen as it is parsed, whoever reads the body and however many are read at once.
  request.push = (chunk: Buffer | null, encoding?: BufferEncoding): boolean => {
    if (chunk !== null) {
      chunks += 1;
      bytes += chunk.length;
      if (chunks > tinyChunks.after && bytes < chunks * tinyChunks.meanBytes) {
        request.socket.destroy();
        return false;
      }
    }
    return push(chunk, encoding);
  };
}

/** The peer's address stays known when the connection is over: what is told about it is told then. */
function keepAddress(socket: Socket): void {
  const { remoteAddress } = socket;
  // Gone before it was here.
  if (remoteAddress === undefined) socket.destroy();
  else Object.defineProperty(socket, 'remoteAddress', { value: remoteAddress });
}

/**
 * Bounds what one connection may make a server do at a time, before any framework sees it: everything that arrived
 * together is parsed in one go, and others wait for as long as that takes.
 */
export function boundConnections(server: Server): void {
  server.on('connection', keepAddress);
  const underWay = new WeakMap<Socket, number>();
  const handlers = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    const { socket } = request;
    if (socket.destroyed) return;
    const count = (underWay.get(socket) ?? 0) + 1;
    if (count > maxPipelined) {
      socket.destroy();
      return;
    }
    underWay.set(socket, count);
    response.once('close', () => underWay.set(socket, (underWay.get(socket) ?? 1) - 1));
    boundChunks(request);
    for (const handle of handlers) handle.call(server, request, response);
  });
}
