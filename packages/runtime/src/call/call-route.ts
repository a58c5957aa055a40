import type { ResponseBody, Route } from '@cynodeai/contracts/common';
import type { z } from 'zod';
import type { Secret } from '../config/secret.ts';
import { trimEnd, uuidv7 } from '../std/index.ts';
import { type Arrived, badAnswer, headerOf } from './arrived.ts';
import { CallError, reasonOf } from './call-error.ts';
import { type AnyCallInput, type CallInput, pathOf, queryOf } from './call-input.ts';
import { type CallLimit, type TimeLimit, limitOf } from './call-limit.ts';
import { type RawEvent, readEvents } from './event-stream.ts';
import type { HttpClient, HttpResponse } from './http-client.ts';
import type { Reading, Sparse } from './lenient-schema.ts';
import { readBody } from './read-answer.ts';
import { type SentBody, sentBodyOf } from './sent-body.ts';
import type { ServerTrust } from './server-trust.ts';

/** A token, or what gives one at the time of the call; undefined sends none. */
export type Bearer =
  Secret | string | (() => Secret | string | undefined | Promise<Secret | string | undefined>);

/** Where a service is: the routes' paths stand below `baseUrl`; a service that gave the whole address of a route has `url`. */
export type CallTarget =
  | { readonly baseUrl: string; readonly url?: undefined }
  | { readonly url: string; readonly baseUrl?: undefined };

export interface CallSettings<Lane extends string = string> {
  /** Owner of the connections; whoever made it closes it. */
  readonly client: Pick<HttpClient<Lane>, 'open'>;
  /** Which of the client's connections to use; those for everything unless told. */
  readonly lane?: Lane;
  readonly bearer?: Bearer | undefined;
  /** Whom to believe behind TLS; what the client was made with unless told. */
  readonly trust?: ServerTrust | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Sent as `x-request-id`; made up unless told. */
  readonly requestId?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Longest answer that is read, bytes; 64 MiB unless told. A stream has no such limit. */
  readonly maxBytes?: number;
}

/**
 * How a call is made. `timeoutMs` is the deadline of the whole call, `stallMs` in its place the longest time without a
 * byte sent or received, ms; either one holds for an answer that is a stream until its end.
 */
export type CallOptions<Lane extends string = string> = CallTarget & TimeLimit & CallSettings<Lane>;

type BodyOf<B extends ResponseBody, Mode extends Reading> = B extends {
  kind: 'json';
  schema: infer T extends z.ZodType;
}
  ? Mode extends 'sparse'
    ? Sparse<z.infer<T>>
    : z.infer<T>
  : B extends { kind: 'text' }
    ? string
    : B extends { kind: 'event-stream' }
      ? AsyncIterable<RawEvent>
      : B extends { kind: 'bytes' }
        ? AsyncIterable<Uint8Array>
        : undefined;

/** A success of a route, told apart by its status. A stream must be read to its end or left by `return`. */
export type CallAnswer<R extends Route, Mode extends Reading = 'whole'> = {
  [S in keyof R['success'] & number]: {
    readonly status: S;
    readonly body: BodyOf<R['success'][S], Mode>;
    readonly headers: HttpResponse['headers'];
    readonly requestId: string;
  };
}[keyof R['success'] & number];

const defaultMaxBytes = 64 * 1024 * 1024;

const accepts: Readonly<Record<ResponseBody['kind'], string>> = {
  json: 'application/json',
  empty: 'application/json',
  text: 'text/plain, application/problem+json',
  'event-stream': 'text/event-stream, application/problem+json',
  bytes: '*/*',
};

function acceptOf(route: Route): string {
  const [first] = Object.values(route.success);
  return accepts[first?.kind ?? 'json'];
}

function addressOf(
  route: Route,
  input: AnyCallInput,
  target: CallTarget,
): { readonly origin: URL; readonly path: string } {
  const url = new URL(target.url ?? target.baseUrl);
  const origin = new URL(url.origin);
  if (target.url !== undefined)
    return { origin, path: `${url.pathname}${url.search || queryOf(input)}` };
  return { origin, path: `${trimEnd(url.pathname, '/')}${pathOf(route, input)}` };
}

async function tokenOf(bearer: Bearer | undefined): Promise<string | undefined> {
  const token = typeof bearer === 'function' ? await bearer() : bearer;
  return typeof token === 'object' ? token.reveal() : token;
}

/** One call under way: what its faults are told by. */
interface Call {
  readonly origin: URL;
  readonly requestId: string;
  readonly limit: CallLimit;
  readonly signal: AbortSignal | undefined;
  readonly sent: SentBody | undefined;
}

/** What went wrong with the body that is sent, and the caller's own abort, pass through; the rest becomes a CallError. */
function faultOf(error: unknown, { origin, requestId, limit, signal, sent }: Call): unknown {
  if (error instanceof CallError) return error;
  const ownFault = sent?.fault();
  if (ownFault !== undefined) return ownFault.error;
  if (signal?.aborted) return signal.reason;
  const late = limit.signal.aborted;
  const reason = late ? 'it took too long to answer' : reasonOf(error);
  const details = { requestId, reason, cause: error };
  return new CallError(
    late ? 'late' : 'unreachable',
    `no answer from ${origin.host}: ${reason}`,
    details,
  );
}

/** The bytes of a stream while the peer's silence is watched; gives the connection up when its reader leaves. */
async function* watched(response: HttpResponse, call: Call): AsyncGenerator<Uint8Array, void> {
  try {
    for await (const chunk of response.body) {
      call.limit.rest();
      yield chunk;
      call.limit.progress();
    }
  } catch (error) {
    throw faultOf(error, call);
  } finally {
    call.limit[Symbol.dispose]();
    response.discard();
  }
}

function isEventStream(response: HttpResponse): boolean {
  return /^text\/event-stream\b/i.test(headerOf(response, 'content-type') ?? '');
}

function undeclaredOf(route: Route, { status }: HttpResponse): string {
  const streams = Object.values(route.success).some(({ kind }) => kind === 'event-stream');
  return `status ${status}${streams ? ' is not an event stream' : ''}`;
}

async function receive(
  arrived: Arrived,
  call: Call,
  settings: { readonly maxBytes: number; readonly reading: Reading },
): Promise<unknown> {
  const { route, response } = arrived;
  const declared = route.success[response.status];
  if (declared === undefined) {
    if (response.status < 200 || response.status > 299) {
      const { refusalOf } = await import('./refusal.ts');
      throw await refusalOf(arrived);
    }
    throw badAnswer(arrived, undeclaredOf(route, response));
  }
  if (declared.kind === 'bytes') return watched(response, call);
  if (declared.kind !== 'event-stream') return readBody(arrived, declared, settings);
  if (!isEventStream(response)) throw badAnswer(arrived, 'it is not an event stream');
  return readEvents(watched(response, call));
}

/**
 * The one way to call another service: a route as data, its request typed from it, its answer read by the route's own
 * schema, leniently (`lenientSchema`). Redirects are not followed and nothing is tried twice.
 * @throws CallError for everything that is no documented success; the signal's reason when it fired; what the body that
 * is sent throws
 */
export function callRoute<const R extends Route, Lane extends string = string>(
  route: R,
  input: CallInput<R>,
  options: CallOptions<Lane> & { readonly reading: 'sparse' },
): Promise<CallAnswer<R, 'sparse'>>;
export function callRoute<const R extends Route, Lane extends string = string>(
  route: R,
  input: CallInput<R>,
  options: CallOptions<Lane> & { readonly reading?: 'whole' },
): Promise<CallAnswer<R>>;
export async function callRoute(
  route: Route,
  input: AnyCallInput,
  options: CallOptions & { readonly reading?: Reading },
): Promise<unknown> {
  const { client, signal, requestId = uuidv7(), reading = 'whole' } = options;
  const { origin, path } = addressOf(route, input, options);
  const token = await tokenOf(options.bearer);
  const limit = limitOf(options);
  const sent = sentBodyOf(route, input, limit);
  const call: Call = { origin, requestId, limit, signal, sent };
  let response: HttpResponse | undefined;
  let streams = false;
  try {
    response = await client.open({
      method: route.method,
      origin,
      path,
      headers: {
        accept: acceptOf(route),
        'x-request-id': requestId,
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...sent?.headers,
        ...options.headers,
      },
      ...(sent && { body: sent.body }),
      lane: options.lane,
      trust: options.trust,
      signal: signal ? AbortSignal.any([limit.signal, signal]) : limit.signal,
    });
    const arrived = { route, response, requestId, limit };
    const settings = { maxBytes: options.maxBytes ?? defaultMaxBytes, reading };
    const body = await receive(arrived, call, settings);
    const kind = route.success[response.status]?.kind;
    streams = kind === 'bytes' || kind === 'event-stream';
    const { status, headers } = response;
    return { status, body, headers, requestId: headerOf(response, 'x-request-id') ?? requestId };
  } catch (error) {
    response?.discard();
    throw faultOf(error, call);
  } finally {
    if (!streams) limit[Symbol.dispose]();
  }
}
