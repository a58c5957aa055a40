import { Readable } from 'node:stream';
import { Agent, type Dispatcher, request } from 'undici';

export interface HttpCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON when present. */
  readonly json?: unknown;
  /** Sent as `application/octet-stream` when present, instead of `json`. */
  readonly content?: { readonly chunks: AsyncIterable<Uint8Array>; readonly bytes: number };
  /** Deadline of the whole call, ms. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Longest answer that is read, bytes; 64 MiB unless told. */
  readonly maxBytes?: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** Keep-alive HTTP to other roles: no redirects, a deadline per call instead of the library's 300 s defaults. */
export class HttpClient {
  readonly #agent: Agent;

  /** @param connectTimeoutMs limit of opening a connection, ms */
  constructor(connections = 64, connectTimeoutMs = 5000) {
    this.#agent = new Agent({
      connections,
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: { timeout: connectTimeoutMs },
      keepAliveTimeout: 30_000,
    });
  }

  /** One call, answered whatever the status. Rejects on network faults, on the deadline and when the signal fires. */
  async call(call: HttpCall): Promise<HttpAnswer> {
    const deadline = AbortSignal.timeout(call.timeoutMs);
    const signal = call.signal ? AbortSignal.any([deadline, call.signal]) : deadline;
    const response: Dispatcher.ResponseData = await request(call.url, {
      dispatcher: this.#agent,
      method: call.method,
      headers: {
        ...(call.json !== undefined && { 'content-type': 'application/json' }),
        ...(call.content !== undefined && {
          'content-type': 'application/octet-stream',
          'content-length': String(call.content.bytes),
        }),
        ...call.headers,
      },
      ...(call.json !== undefined && { body: JSON.stringify(call.json) }),
      ...(call.content !== undefined && {
        body: Readable.from(call.content.chunks, { objectMode: false }),
      }),
      signal,
    });
    const text = await readText(response, call.maxBytes ?? 64 * 1024 * 1024);
    return { status: response.statusCode, headers: response.headers, text };
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }
}

async function readText(response: Dispatcher.ResponseData, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response.body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw new RangeError(`the answer is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
