import type { Route, RouteInput, RouteOutput } from '@cynodeai/contracts/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Readable, finished } from 'node:stream';
import type { z } from 'zod';
import { ProblemError } from './problem-error.ts';
import { admit } from './read-time.ts';
import type { HttpServer } from './server.ts';
import { type StreamedBody, streamedBodyOf } from './streamed-body.ts';
import { validationProblem } from './validation.ts';

interface CallFacts<R extends Route, C> {
  readonly params: RouteInput<R, 'params'>;
  readonly query: RouteInput<R, 'query'>;
  /** What the guard found out about the caller. */
  readonly caller: C;
  /** Fires when the client leaves, or has its answer. */
  readonly signal: AbortSignal;
  readonly requestId: string;
  /** Client address; a forwarding header counts only behind a trusted proxy. */
  readonly ip: string;
  readonly headers: FastifyRequest['headers'];
}

interface ParsedBody<R extends Route> {
  readonly body: RouteInput<R, 'body'>;
  readonly content: undefined;
}

interface UnreadContent {
  readonly body: undefined;
  /** The body as it arrives. */
  readonly content: StreamedBody;
}

/** A route that declares `streamed` beside `body` takes either. */
type CallBody<R extends Route> = R extends { readonly streamed: string }
  ? R extends { readonly body: z.ZodType }
    ? ParsedBody<R> | UnreadContent
    : UnreadContent
  : ParsedBody<R>;

/** One call of a route, parsed. */
export type RouteCall<R extends Route, C> = CallFacts<R, C> & CallBody<R>;

/** A success answer; a status the route does not declare is a defect and answers 500. */
export interface RouteAnswer<R extends Route> {
  readonly status: number;
  readonly body?: RouteOutput<R> | string;
  /** Instead of `body` for an event stream. */
  readonly stream?: Readable | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** Called once, when the answer was handed to the connection or the connection was lost before that. */
  readonly afterSent?: () => void;
}

export interface RouteBinding<R extends Route, C> {
  /** Runs before the body is read: authentication, readiness. Its result is the handler's `caller`. */
  readonly guard: (request: FastifyRequest) => Promise<C> | C;
  readonly handle: (call: RouteCall<R, C>) => Promise<RouteAnswer<R>> | RouteAnswer<R>;
  /** Calls a client address may make per minute; unlimited when absent. */
  readonly rateLimitPerMinute?: number;
}

/** Guard of a route that anybody may call. */
export const anyone = (): undefined => undefined;

/** `/v1/x/{id}:verb` in the router's own spelling: a literal colon is doubled, and a parameter before one ends at it. */
export function routerPath(path: string): string {
  return path
    .replaceAll(':', '::')
    .replaceAll(/\{(\w+)\}(?=::)/g, ':$1(^[^:]+)')
    .replaceAll(/\{(\w+)\}/g, ':$1');
}

/** One part of a request by its schema; undefined when the route has no such part. @throws ProblemError. */
export function parsePart(
  schema: z.ZodType | undefined,
  input: unknown,
  where: 'body' | 'query' | 'params',
): unknown {
  if (schema === undefined) return undefined;
  const parsed = schema.safeParse(input);
  if (!parsed.success) throw validationProblem(parsed.error, input, where);
  return parsed.data;
}

function bodyOf(route: Route, request: FastifyRequest): unknown {
  if (request.body !== undefined || route.body === undefined) return request.body;
  if (route.bodyOptional) return {};
  throw new ProblemError('validation', 'a JSON body is required', {
    errors: [{ field: '', message: 'a JSON body is required' }],
  });
}

/** An answer without its route's types, as the serialiser sees it. */
interface AnyAnswer {
  readonly status: number;
  readonly body?: unknown;
  readonly stream?: Readable | undefined;
}

function serialise(route: Route, answer: AnyAnswer): unknown {
  const declared = route.success[answer.status];
  if (declared === undefined)
    throw new Error(`${route.operation} does not declare ${answer.status}`);
  if (declared.kind !== 'json') return answer.stream ?? answer.body;
  const parsed = declared.schema.safeParse(answer.body);
  if (parsed.success) return parsed.data;
  throw new Error(`the answer of ${route.operation} breaks its schema`, { cause: parsed.error });
}

/** Fires once nobody waits for the answer; a request that was read to its end is closed long before that. */
function endOf({ raw }: FastifyReply): AbortSignal {
  const end = new AbortController();
  if (raw.destroyed) end.abort();
  else raw.once('close', () => end.abort());
  return end.signal;
}

/** Serves a route: guard, then schemas, then handler, then the answer's schema (undeclared fields are stripped). */
export function bindRoute<R extends Route, C>(
  server: HttpServer,
  route: R,
  binding: RouteBinding<R, C>,
): void {
  const callers = new WeakMap<FastifyRequest, { readonly caller: C }>();
  server.declare(route);
  server.app.route({
    method: route.method,
    url: routerPath(route.path),
    config: {
      operation: route.operation,
      ...(route.streamed !== undefined && { streamed: route.streamed }),
      ...(binding.rateLimitPerMinute !== undefined && {
        rateLimit: { max: binding.rateLimitPerMinute, timeWindow: '1 minute' },
      }),
    },
    ...(route.bodyLimitBytes !== undefined && { bodyLimit: route.bodyLimitBytes }),
    onRequest: async (request) => {
      callers.set(request, { caller: await binding.guard(request) });
      if (route.auth !== 'none' && route.auth !== 'psk') admit(request);
    },
    handler: async (request, reply: FastifyReply) => {
      const entry = callers.get(request);
      if (entry === undefined) throw new Error('the guard did not run');
      const params = parsePart(route.params, request.params, 'params');
      const query = parsePart(route.query, request.query, 'query');
      const content = streamedBodyOf(request, route);
      const bodyPart =
        content === undefined
          ? { body: parsePart(route.body, bodyOf(route, request), 'body'), content }
          : { body: undefined, content };
      // The schemas were applied above; RouteInput names what they return.
      const answer = await binding.handle({
        params: params as RouteInput<R, 'params'>,
        query: query as RouteInput<R, 'query'>,
        ...(bodyPart as CallBody<R>),
        caller: entry.caller,
        get signal() {
          return endOf(reply);
        },
        requestId: request.id,
        ip: request.ip,
        headers: request.headers,
      });
      const { afterSent } = answer;
      if (afterSent !== undefined) finished(reply.raw, () => afterSent());
      const kind = route.success[answer.status]?.kind;
      if (kind === 'text') reply.type('text/plain; charset=utf-8');
      if (kind === 'event-stream') reply.type('text/event-stream; charset=utf-8');
      return reply
        .code(answer.status)
        .headers(answer.headers ?? {})
        .send(serialise(route, answer));
    },
  });
}
