import type { FastifyInstance, FastifyRequest } from 'fastify';
import { hasBody } from './json-body.ts';
import { refuseSocket } from './refuse-socket.ts';

/** Node's own limit for the headers of a request, ms. */
const headersTimeoutMs = 60_000;

/** Time a streamed body may take in total, ms; well below the age at which blobs without a row are swept. */
export const streamTimeoutMs = 1_800_000;

/** What may still arrive of a body nobody wants any more: so many bytes, with pauses and in a time of so many ticks. */
interface Linger {
  readonly bytes: number;
  readonly silentTicks: number;
  readonly ticks: number;
}

const tickMs = 1000;
const lingerOfKnown: Linger = { bytes: 32 * 1024 * 1024, silentTicks: 5, ticks: 60 };
/** The client gets to read the answer, and no more: drop by drop a stranger would keep the connection. */
const lingerOfStranger: Linger = { ...lingerOfKnown, ticks: 10 };

/** Of requests whose bodies are on their way. */
const timers = new WeakMap<FastifyRequest, NodeJS.Timeout>();
const known = new WeakSet<FastifyRequest>();

/** How often slow requests are looked for, ms: often enough that the read timeout is met within a quarter, or 5 s. */
function checkIntervalMs(readTimeoutMs: number): number {
  return Math.min(5000, Math.max(100, readTimeoutMs / 4));
}

/** Node's own limits of a request's time. */
export function readLimits(readTimeoutMs: number) {
  return {
    connectionsCheckingInterval: checkIntervalMs(readTimeoutMs),
    // Node swaps the two limits when the one for headers is the longer: 60 s for the body would be the outcome.
    headersTimeout: Math.min(headersTimeoutMs, readTimeoutMs),
    requestTimeout: readTimeoutMs,
  } as const;
}

/**
 * Every body arrives within the read timeout, whatever a server with streamed ones allows in general; what is unread
 * when the answer has gone may arrive for a moment, then the connection ends.
 * See docs/reference/http.md#requests.
 */
export function limitReadTime(app: FastifyInstance, readTimeoutMs: number): void {
  app.addHook('onRequest', async (request) => {
    if (!hasBody(request)) return;
    const { raw } = request;
    const late = Object.assign(new Error('late'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
    const timer = setTimeout(() => {
      if (!raw.complete) refuseSocket(late, raw.socket);
    }, readTimeoutMs);
    timers.set(request, timer);
    raw.once('end', () => clearTimeout(timer)).once('close', () => clearTimeout(timer));
  });
  app.addHook('onResponse', async (request) => {
    clearTimeout(timers.get(request));
    discardRest(request);
  });
}

/** The caller is known: from here on a body that is read while it arrives may take its time. */
export function admit(request: FastifyRequest): void {
  known.add(request);
  const { streamed } = request.routeOptions.config;
  const type = request.headers['content-type']?.toLowerCase();
  if (streamed !== undefined && type?.startsWith(streamed) === true) {
    clearTimeout(timers.get(request));
  }
}

/**
 * Reads past what nobody wants: the client gets to read the answer, and what lies in socket buffers of a connection it
 * believes to be free again does not end that connection. One whose body has arrived after all is kept: its sender may
 * have sent the next request already.
 */
function discardRest(request: FastifyRequest): void {
  const { raw } = request;
  const { socket } = raw;
  if (raw.complete || socket.destroyed) return;
  const linger = known.has(request) ? lingerOfKnown : lingerOfStranger;
  const start = socket.bytesRead;
  let seen = start;
  let ticks = 0;
  let silentTicks = 0;
  const watch = setInterval(() => {
    // No event tells it: Node takes the listeners off a body that is unread when its answer has gone.
    if (raw.complete || socket.destroyed) {
      clearInterval(watch);
      return;
    }
    ticks += 1;
    silentTicks = socket.bytesRead === seen ? silentTicks + 1 : 0;
    seen = socket.bytesRead;
    const isOver = silentTicks >= linger.silentTicks || ticks >= linger.ticks;
    if (isOver || seen - start > linger.bytes) socket.destroy();
  }, tickMs);
  raw.resume();
}
