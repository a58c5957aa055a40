import type { Socket } from 'node:net';
import { uuidv7 } from '../std/index.ts';
import { ProblemError } from './problem-error.ts';

type SocketFault = Error & { readonly code?: string };

/** How long a refused client may take to close its side, ms. */
const lingerMs = 1000;

function detailOf(code: string | undefined): string {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return 'the request took too long to arrive';
    case 'HPE_HEADER_OVERFLOW':
      return 'the request line and headers are larger than this server takes';
    case undefined:
    default:
      return 'malformed HTTP request';
  }
}

/**
 * Answers what is not even a request and ends the connection. Nothing was parsed, so the request id is a new one.
 * The client gets a moment to read the answer: closing at once over unread input would throw it away.
 */
export function refuseSocket(error: SocketFault, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const id = uuidv7();
  const body = JSON.stringify(new ProblemError('validation', detailOf(error.code)).toDocument(id));
  const head = [
    'HTTP/1.1 400 Bad Request',
    `x-request-id: ${id}`,
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  const timer = setTimeout(() => socket.destroy(), lingerMs);
  socket.once('close', () => clearTimeout(timer));
}
