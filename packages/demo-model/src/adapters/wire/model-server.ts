import type { ListenAddress } from '@cynodeai/runtime/config';
import type { Log } from '@cynodeai/runtime/observe';
import { elapsedMs, messageOf } from '@cynodeai/runtime/std';
import { once } from 'node:events';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import { finished } from 'node:stream/promises';
import type { ModelCall } from './model-call.ts';

/** Largest request body, bytes. See docs/reference/sandbox.md#relay. */
export const maxModelBodyBytes = 10 * 1024 * 1024;

export interface ModelServerOptions {
  readonly listen: ListenAddress;
  readonly log: Log;
  readonly answer: (call: ModelCall) => Promise<void>;
}

export interface ModelServer {
  /** Port in use. */
  readonly port: number;
  /** Stops accepting and lets requests in flight end; `force` cuts them. */
  close(options?: { readonly force?: boolean }): Promise<void>;
}

/** How long an idle connection stays open, ms: longer than callers keep theirs, so that none is closed under a request. */
const idleTimeoutMs = 120_000;

/** How long the rest of a body that is too large is read and thrown away, ms. */
const drainMs = 2000;

/**
 * The body, or undefined when it is larger than the limit. The rest of a large one is taken and dropped for a moment:
 * closing over unread input would throw the answer away with it.
 */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  const { promise: late, resolve: giveUp } = Promise.withResolvers<'late'>();
  let timer: NodeJS.Timeout | undefined;
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= maxModelBodyBytes) chunks.push(chunk);
    else {
      chunks.length = 0;
      timer ??= setTimeout(() => giveUp('late'), drainMs);
    }
  });
  try {
    await Promise.race([finished(request, { writable: false }), late]);
  } finally {
    clearTimeout(timer);
  }
  return size > maxModelBodyBytes ? undefined : Buffer.concat(chunks);
}

function tooLarge(response: ServerResponse): void {
  response.writeHead(413, {
    'content-type': 'application/json; charset=utf-8',
    connection: 'close',
  });
  response.end(JSON.stringify({ error: `the body is larger than ${maxModelBodyBytes} bytes` }));
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  options: ModelServerOptions,
): Promise<void> {
  const left = new AbortController();
  response.on('close', () => left.abort());
  const startedMs = elapsedMs();
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  try {
    const body = await readBody(request);
    if (body === undefined) tooLarge(response);
    else {
      const method = request.method ?? 'GET';
      const { headers } = request;
      await options.answer({ method, path, headers, body, response, signal: left.signal });
    }
  } catch (error) {
    if (!left.signal.aborted) options.log.error('request failed', { reason: messageOf(error) });
    // An answer that was ended says what went wrong; anything else would look whole.
    if (!response.writableEnded) response.destroy();
  }
  options.log.info('request', {
    method: request.method,
    path: path.slice(0, 100),
    status: response.statusCode,
    duration_ms: Math.round(elapsedMs() - startedMs),
  });
}

async function closeServer(server: Server, force: boolean): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  if (force) server.closeAllConnections();
  // A kept connection that becomes idle only after its last answer would hold the server open.
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  try {
    await closed;
  } finally {
    clearInterval(sweep);
  }
}

/** Opens an HTTP server that reads whole requests, within the limit, and hands them over. */
export async function startModelServer(options: ModelServerOptions): Promise<ModelServer> {
  const server = createServer((request, response) => void serve(request, response, options));
  server.keepAliveTimeout = idleTimeoutMs;
  const { listen } = options;
  server.listen(listen.port, listen.host);
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : listen.port,
    close: ({ force = false } = {}) => closeServer(server, force),
  };
}
