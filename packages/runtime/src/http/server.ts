import rateLimit from '@fastify/rate-limit';
import type { Route, StreamedMedia } from '@cynodeai/contracts/common';
import { healthRoutes, limits, proofRoute } from '@cynodeai/contracts/common';
import { type FastifyInstance, type FastifyRequest, fastify } from 'fastify';
import type { Socket } from 'node:net';
import type { ListenAddress } from '../config/fields.ts';
import type { Log, LogFields } from '../observe/log.ts';
import { addressGroup, uuidv7 } from '../std/index.ts';
import { limitAddresses } from './address-limit.ts';
import { limitBodies } from './body-limit.ts';
import { boundConnections } from './connection-bounds.ts';
import { acceptJsonBodies } from './json-body.ts';
import { type HostRule, hostCheck } from './known-hosts.ts';
import { ProblemError } from './problem-error.ts';
import { limitReadTime, readLimits, streamTimeoutMs } from './read-time.ts';
import { RequestMeter } from './request-meter.ts';
import { refuseSocket } from './refuse-socket.ts';
import { acceptStreamedBodies } from './streamed-body.ts';
import { toProblem } from './to-problem.ts';
import { type TlsFiles, type TlsListener, openTlsListener } from './tls-listener.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    operation?: string;
    streamed?: StreamedMedia;
  }
}

export interface HttpServerOptions {
  readonly log: Log;
  /** Time to read a whole request, ms. */
  readonly readTimeoutMs?: number;
  /** Longest silence on a connection while an answer is due, ms; 0 for none. */
  readonly writeTimeoutMs?: number;
  /** How long an idle kept connection stays open, ms. */
  readonly idleTimeoutMs?: number;
  readonly maxHeaderBytes?: number;
  /** Largest body that is not streamed, bytes; a function is asked at each request. */
  readonly maxBodyBytes?: number | (() => number);
  /** CIDRs whose `X-Forwarded-For` is believed, and which may have any number of connections. */
  readonly trustedProxies?: readonly string[];
  /** By which names it may be called; by any when absent. */
  readonly hosts?: HostRule;
  /** Connections one client address may have at a time; any number when absent. */
  readonly maxConnectionsPerAddress?: number | undefined;
  /** Turns an inner layer's error into a refusal; undefined means it is a defect (500). */
  readonly mapError?: (error: unknown) => ProblemError | undefined;
}

/** An HTTP server that answers every fault as problem+json and logs one line per request. */
export interface HttpServer {
  readonly app: FastifyInstance;
  /** Routes bound so far. */
  readonly routes: readonly Route[];
  /** What was answered so far. */
  readonly requests: RequestMeter;
  /** Makes a route known, so that its path answers 405 for other methods. */
  declare(route: Route): void;
  /** Adds fields to the log line of a request. */
  addLogFields(request: FastifyRequest, fields: LogFields): void;
  /** Opens the port; answers with the port in use. */
  listen(address: ListenAddress): Promise<number>;
  /** Serves the same behind TLS at another address; answers with the port in use. */
  listenTls(address: ListenAddress, files: TlsFiles): Promise<number>;
  /** Stops accepting, lets requests in flight end, closes idle connections. */
  close(): Promise<void>;
}

const requestIdPattern = /^[A-Za-z0-9._-]{1,128}$/;

function requestIdOf(header: string | string[] | undefined): string {
  return typeof header === 'string' && requestIdPattern.test(header) ? header : uuidv7();
}

const defaultReadTimeoutMs = 30_000;
const unloggedRoutes: ReadonlySet<string> = new Set([
  healthRoutes.healthz.operation,
  healthRoutes.metrics.operation,
  proofRoute.operation,
]);

function methodsOf(routes: readonly Route[], url: string): string[] {
  const path = url.split('?', 1)[0] ?? '';
  const found = routes.filter((route) =>
    new RegExp(`^${RegExp.escape(route.path).replaceAll(/\\\{\w+\\\}/g, '[^/]+')}$`).test(path),
  );
  return [...new Set(found.map((route) => route.method))];
}

/** The limit at this moment. */
function limitOf(maxBodyBytes: HttpServerOptions['maxBodyBytes']): () => number {
  return typeof maxBodyBytes === 'function'
    ? maxBodyBytes
    : () => maxBodyBytes ?? limits.requestBodyBytes;
}

/** The framework's own limit; above any other where `limitBodies` sees to it. */
function fixedBodyLimit(maxBodyBytes: HttpServerOptions['maxBodyBytes']): number {
  return typeof maxBodyBytes === 'function'
    ? Number.MAX_SAFE_INTEGER
    : (maxBodyBytes ?? limits.requestBodyBytes);
}

function createApp(options: HttpServerOptions): FastifyInstance {
  const readTimeoutMs = options.readTimeoutMs ?? defaultReadTimeoutMs;
  return fastify({
    logger: false,
    genReqId: (raw) => requestIdOf(raw.headers['x-request-id']),
    bodyLimit: fixedBodyLimit(options.maxBodyBytes),
    requestTimeout: readTimeoutMs,
    connectionTimeout: options.writeTimeoutMs ?? 300_000,
    keepAliveTimeout: options.idleTimeoutMs ?? 120_000,
    http: {
      maxHeaderSize: options.maxHeaderBytes ?? limits.headerBytes,
      ...readLimits(readTimeoutMs),
      // Node would answer by itself, without a problem document; the hook below does.
      requireHostHeader: false,
    },
    trustProxy: options.trustedProxies?.length ? [...options.trustedProxies] : false,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    routerOptions: { maxParamLength: 2048 },
    clientErrorHandler: refuseSocket,
    frameworkErrors: (error, request, reply) => {
      const problem = toProblem(error, options.mapError) ?? new ProblemError('internal', '');
      const raw = reply.raw;
      raw.writeHead(problem.status, {
        ...always,
        ...problem.headers(),
        'content-type': 'application/problem+json',
        'x-request-id': request.id,
      });
      raw.end(JSON.stringify(problem.toDocument(request.id)));
    },
  });
}

/** The connections of a server, kept up to date. */
function openSockets(app: FastifyInstance): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  app.server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return sockets;
}

/** Ends a server when its requests in flight have ended. */
async function closeServer(
  app: FastifyInstance,
  sockets: ReadonlySet<Socket>,
  secured: readonly TlsListener[],
): Promise<void> {
  const sweep = setInterval(() => {
    // A kept connection that becomes idle only after its last answer would hold the server open.
    app.server.closeIdleConnections();
    // Node takes a connection that never said anything for one that is about to.
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
  }, 50);
  try {
    await Promise.all([app.close(), ...secured.map((listener) => listener.close())]);
  } finally {
    clearInterval(sweep);
  }
}

/** Of every answer: what is told here is the caller's own, and is of the type that is named. */
const always = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' } as const;

/** Every fault is a problem document; one of ours is logged as well. */
function answerFaults(
  app: FastifyInstance,
  options: Pick<HttpServerOptions, 'log' | 'mapError'>,
  routes: readonly Route[],
): void {
  app.setErrorHandler(async (error, request, reply) => {
    const problem = toProblem(error, options.mapError) ?? new ProblemError('internal', '');
    if (problem.status === 500) {
      options.log.error('request failed', { request_id: request.id, err: error });
    }
    return reply
      .code(problem.status)
      .headers(problem.headers())
      .type('application/problem+json')
      .send(problem.toDocument(request.id));
  });
  app.setNotFoundHandler(async (request) => {
    const methods = methodsOf(routes, request.url);
    if (methods.length === 0) throw new ProblemError('not_found', 'no such path');
    const allow = methods.join(', ');
    throw new ProblemError('method_not_allowed', `this path answers ${allow}`, {
      headers: { allow },
    });
  });
}

/** Builds a server; routes are added with `bindRoute`, then it listens. */
export async function createHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const app = createApp(options);
  const routes: Route[] = [];
  const requests = new RequestMeter();
  const sockets = openSockets(app);
  const secured: TlsListener[] = [];
  const isKnownHost = options.hosts === undefined ? () => true : hostCheck(options.hosts);
  boundConnections(app.server);
  limitAddresses(app.server, options);
  const extraFields = new WeakMap<FastifyRequest, LogFields>();
  acceptJsonBodies(app);
  const { maxBodyBytes } = options;
  if (typeof maxBodyBytes === 'function') limitBodies(app, maxBodyBytes);
  acceptStreamedBodies(app, limitOf(maxBodyBytes));
  // An expectation other than 100-continue may be ignored (RFC 9110 section 10.1.1); Node would refuse it bare.
  app.server.on('checkExpectation', (request, response) =>
    app.server.emit('request', request, response),
  );
  await app.register(rateLimit, {
    global: false,
    keyGenerator: ({ ip }) => addressGroup(ip) ?? ip,
    errorResponseBuilder: (_request, context) =>
      new ProblemError('rate_limit', 'too many requests; wait and try again', {
        retryAfterSeconds: context.ttl / 1000,
      }),
  });
  limitReadTime(app, options.readTimeoutMs ?? defaultReadTimeoutMs);
  app.addHook('onRequest', async (request, reply) => {
    reply.headers({ ...always, 'x-request-id': request.id });
    if (request.headers.host === undefined && request.raw.httpVersion === '1.1') {
      throw new ProblemError('validation', 'the Host header is missing');
    }
    if (!isKnownHost(request)) {
      throw new ProblemError(
        'validation',
        'this server is not known by the name in the Host header; list it in ALLOWED_HOSTS',
      );
    }
  });
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.config.operation ?? 'unknown';
    requests.add(route, reply.statusCode, reply.elapsedTime / 1000);
    // Asked every few seconds by whoever watches, and on every connection; only a failure is worth a line.
    if (unloggedRoutes.has(route) && reply.statusCode === 200) return;
    options.log.info('request', {
      request_id: request.id,
      route,
      method: request.method,
      status: reply.statusCode,
      duration_ms: Math.round(reply.elapsedTime * 10) / 10,
      ...extraFields.get(request),
    });
  });
  answerFaults(app, options, routes);
  return {
    app,
    routes,
    requests,
    declare: (route) => {
      routes.push(route);
      // A streamed body has its own limits; all others are watched by `limitReadTime`.
      if (route.streamed !== undefined) app.server.requestTimeout = streamTimeoutMs;
    },
    addLogFields: (request, fields) =>
      void extraFields.set(request, { ...extraFields.get(request), ...fields }),
    listen: async (address) => {
      await app.listen({ host: address.host, port: address.port });
      const bound = app.server.address();
      return typeof bound === 'object' && bound !== null ? bound.port : address.port;
    },
    listenTls: async (address, files) => {
      const listener = await openTlsListener(app.server, address, { ...options, files });
      secured.push(listener);
      return listener.port;
    },
    close: () => closeServer(app, sockets, secured),
  };
}
