import { Readable } from 'node:stream';
import { CodedError, uuidv7 } from '@cynodeai/runtime/std';
import { Agent, type Dispatcher } from 'undici';
import { type CallLimit, deadline, piecesOf, stallLimit } from './call-limit.ts';
import { GatewayError, refusalError } from './gateway-error.ts';
import type { FormBody } from './multipart.ts';

export interface TransportOptions {
  readonly baseUrl: string;
  readonly userAgent: string;
}

interface Limits {
  readonly signal: AbortSignal | undefined;
  /** Longest silence of the peer, ms; 0 for none. */
  readonly silenceMs: number;
  readonly limit?: CallLimit;
}

interface Sending {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface SendInput extends Sending {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Sent as JSON when present. */
  readonly json?: unknown;
  /** Sent in place of `json`. */
  readonly form?: FormBody;
  /** Deadline of the whole call, ms. */
  readonly timeoutMs: number;
  /** In place of the deadline: the longest time without a byte sent or received, ms. */
  readonly stallMs?: number;
}

export interface OpenInput extends Sending {
  /** Longest silence, ms. */
  readonly silenceMs: number;
}

/** A 2xx answer. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly requestId: string;
}

/** A 200 whose body is read as it comes. */
export interface OpenAnswer {
  readonly status: number;
  readonly body: AsyncIterable<Uint8Array>;
}

const errorBodyBytes = 64 * 1024;
/** Far above any documented answer; keeps a broken peer from filling memory. */
const answerBytes = 256 * 1024 * 1024;

/** HTTP to one gateway: kept connections, no redirects, one deadline per call, every fault a GatewayError. */
export class Transport {
  readonly #base: string;
  readonly #origin: string;
  readonly #prefix: string;
  readonly #userAgent: string;
  readonly #agent = new Agent({
    connect: { timeout: 10_000 },
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: 30_000,
  });

  constructor(options: TransportOptions) {
    const url = new URL(options.baseUrl);
    this.#origin = url.origin;
    this.#prefix = url.pathname.replace(/\/+$/, '');
    this.#base = `${this.#origin}${this.#prefix}`;
    this.#userAgent = options.userAgent;
  }

  /** @throws GatewayError unless the answer is 2xx. */
  async send(input: SendInput): Promise<Answer> {
    const { stallMs, timeoutMs } = input;
    using limit = stallMs === undefined ? deadline(timeoutMs) : stallLimit(stallMs);
    const signal = input.signal ? AbortSignal.any([limit.signal, input.signal]) : limit.signal;
    const requestId = uuidv7();
    try {
      const response = await this.#request(input, requestId, { signal, silenceMs: 0, limit });
      return await accept(response, requestId, limit);
    } catch (error) {
      throw this.#faultOf(error, input, requestId, limit.signal);
    }
  }

  /** Opens an event stream. @throws GatewayError unless the answer is 200 `text/event-stream`. */
  async open(input: OpenInput): Promise<OpenAnswer> {
    const requestId = uuidv7();
    try {
      const response = await this.#request(
        {
          ...input,
          method: 'GET',
          headers: { ...input.headers, accept: 'text/event-stream, application/problem+json' },
        },
        requestId,
        { signal: input.signal, silenceMs: input.silenceMs },
      );
      const type = headerOf(response, 'content-type') ?? '';
      if (response.statusCode !== 200) await accept(response, requestId);
      if (!/^text\/event-stream\b/i.test(type)) {
        discard(response);
        throw new GatewayError('gateway', 'the answer is not an event stream', {
          requestId,
          status: response.statusCode,
        });
      }
      return { status: 200, body: this.#guarded(response, input, requestId) };
    } catch (error) {
      throw this.#faultOf(error, input, requestId);
    }
  }

  /** Starts a download. @throws GatewayError unless the answer is 200. */
  async download(input: OpenInput): Promise<OpenAnswer> {
    const requestId = uuidv7();
    try {
      const limits = { signal: input.signal, silenceMs: input.silenceMs };
      const call = {
        ...input,
        method: 'GET',
        headers: { accept: '*/*', ...input.headers },
      } as const;
      const response = await this.#request(call, requestId, limits);
      if (response.statusCode !== 200) {
        await accept(response, requestId);
        const status = response.statusCode;
        throw new GatewayError('gateway', 'the answer is no file', { requestId, status });
      }
      return { status: 200, body: this.#guarded(response, input, requestId) };
    } catch (error) {
      throw this.#faultOf(error, input, requestId);
    }
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }

  #request(
    input: Omit<SendInput, 'timeoutMs' | 'signal'>,
    requestId: string,
    { signal, silenceMs, limit }: Limits,
  ): Promise<Dispatcher.ResponseData> {
    const content = contentOf(input, limit);
    // The path goes out as it is: a URL parser would resolve `%2E%2E` away.
    return this.#agent.request({
      origin: this.#origin,
      path: `${this.#prefix}${input.path}`,
      method: input.method,
      headersTimeout: silenceMs,
      bodyTimeout: silenceMs,
      headers: {
        accept: 'application/json',
        'user-agent': this.#userAgent,
        'x-request-id': requestId,
        ...(content && {
          'content-type': content.type,
          'content-length': String(content.sizeBytes),
        }),
        ...input.headers,
      },
      ...(content && { body: content.body }),
      ...(signal && { signal }),
    });
  }

  async *#guarded(
    response: Dispatcher.ResponseData,
    input: Sending,
    requestId: string,
  ): AsyncGenerator<Uint8Array, void> {
    try {
      yield* response.body as AsyncIterable<Uint8Array>;
    } catch (error) {
      throw this.#faultOf(error, input, requestId);
    } finally {
      discard(response);
    }
  }

  /** The caller's own cancellation passes through; everything else becomes a GatewayError. */
  #faultOf(error: unknown, input: Sending, requestId: string, deadline?: AbortSignal): unknown {
    // What a body that is sent has to say, too.
    if (error instanceof CodedError) return error;
    if (input.signal?.aborted) return input.signal.reason;
    const late = deadline?.aborted === true;
    const reason = late ? 'it took too long to answer' : reasonOf(error);
    return new GatewayError('gateway', `cannot reach the gateway at ${this.#base}: ${reason}`, {
      network: true,
      requestId,
      cause: error,
    });
  }
}

/** What a call sends. */
interface Content {
  readonly type: string;
  readonly sizeBytes: number;
  readonly body: Buffer | Readable;
}

/** The body of a call; in pieces where a limit watches its progress. */
function contentOf(
  { form, json, stallMs }: Pick<SendInput, 'form' | 'json' | 'stallMs'>,
  limit: CallLimit | undefined,
): Content | undefined {
  if (form !== undefined) {
    const body = Readable.from(watched(form.chunks(), limit), { objectMode: false });
    return { type: form.contentType, sizeBytes: form.sizeBytes, body };
  }
  if (json === undefined) return undefined;
  const bytes = Buffer.from(JSON.stringify(json));
  const inPieces = stallMs !== undefined && limit !== undefined;
  const body = inPieces ? Readable.from(piecesOf(bytes, limit)) : bytes;
  return { type: 'application/json', sizeBytes: bytes.length, body };
}

async function* watched(
  chunks: AsyncIterable<Uint8Array>,
  limit: CallLimit | undefined,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    limit?.progress();
    yield chunk;
  }
}

/** Gives up the rest of an answer; the abort this makes is nobody's fault. */
function discard(response: Dispatcher.ResponseData): void {
  response.body.on('error', () => {}).destroy();
}

async function accept(
  response: Dispatcher.ResponseData,
  requestId: string,
  limit?: CallLimit,
): Promise<Answer> {
  const ok = response.statusCode >= 200 && response.statusCode < 300;
  const text = await readText(response, ok ? answerBytes : errorBodyBytes, limit);
  const id = headerOf(response, 'x-request-id') ?? requestId;
  if (ok && text.whole) return { status: response.statusCode, text: text.text, requestId: id };
  if (ok) throw new GatewayError('gateway', 'the answer of the gateway is too large');
  throw refusalError({
    status: response.statusCode,
    text: text.text,
    requestId: id,
    retryAfter: headerOf(response, 'retry-after'),
  });
}

async function readText(
  response: Dispatcher.ResponseData,
  maxBytes: number,
  limit?: CallLimit,
): Promise<{ readonly text: string; readonly whole: boolean }> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response.body as AsyncIterable<Buffer>) {
    limit?.progress();
    size += chunk.length;
    if (size > maxBytes) break;
    chunks.push(chunk);
  }
  return { text: Buffer.concat(chunks).toString('utf8'), whole: size <= maxBytes };
}

function headerOf(response: Dispatcher.ResponseData, name: string): string | undefined {
  const value = response.headers[name];
  return typeof value === 'string' ? value : value?.[0];
}

const plainReasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused; is it running?',
  ENOTFOUND: 'its host name is not known',
  EAI_AGAIN: 'its host name could not be looked up',
  ECONNRESET: 'the connection was closed',
  EHOSTUNREACH: 'no route to its host',
  ENETUNREACH: 'its network is unreachable',
  ETIMEDOUT: 'it took too long to answer',
  UND_ERR_CONNECT_TIMEOUT: 'it took too long to connect',
  UND_ERR_SOCKET: 'the connection was closed before the answer',
  UND_ERR_BODY_TIMEOUT: 'it stopped answering',
  UND_ERR_HEADERS_TIMEOUT: 'it took too long to answer',
};

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown fault';
  const first = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
  const code: unknown = first instanceof Error ? Reflect.get(first, 'code') : undefined;
  if (typeof code === 'string') return plainReasons[code] ?? code;
  return error.name;
}
