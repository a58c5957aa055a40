import { Buffer } from 'node:buffer';

/** A request as the bytes that go out; nothing between the test and the socket may repair it. */
export interface WireRequest {
  /** Answers to `HEAD` have no body. */
  readonly method: string;
  /** Sent in order; a function is asked for piece after piece until it gives undefined. */
  readonly pieces: readonly (Uint8Array | (() => Uint8Array | undefined))[];
  /** Ends the sending half of the connection after the last piece. */
  readonly halfClose?: boolean;
  /** Pause between pieces, ms. */
  readonly pauseMs?: number;
  /** Longest wait for the answer, ms, where it differs from that of the run. */
  readonly deadlineMs?: number;
}

export interface RequestParts {
  readonly method: string;
  /** Path and query as they stand in the request line. */
  readonly path: string;
  /** Beside `host` and `connection`; names may repeat. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body?: Uint8Array | string | undefined;
  /** Sends the body in chunks instead of with its length. */
  readonly chunked?: boolean;
}

const host = ['host', 'localhost'] as const;

/** The head of a request; header values are written byte for byte. */
export function headOf(method: string, path: string, headers: RequestParts['headers']): Uint8Array {
  const lines = [host, ['connection', 'close'] as const, ...headers].map(
    ([name, value]) => `${name}: ${value}`,
  );
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

/** A whole well-formed request. */
export function wireRequest(parts: RequestParts): WireRequest {
  const { method, path, headers, body, chunked = false } = parts;
  if (body === undefined) return { method, pieces: [headOf(method, path, headers)] };
  const bytes = typeof body === 'string' ? Buffer.from(body, 'utf8') : body;
  if (!chunked) {
    const length = ['content-length', String(bytes.length)] as const;
    return { method, pieces: [headOf(method, path, [...headers, length]), bytes] };
  }
  const head = headOf(method, path, [...headers, ['transfer-encoding', 'chunked']]);
  return { method, pieces: [head, chunkOf(bytes), lastChunk] };
}

/** One chunk of a chunked body. */
export function chunkOf(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([
    Buffer.from(`${bytes.length.toString(16)}\r\n`),
    bytes,
    Buffer.from('\r\n'),
  ]);
}

const lastChunk = Buffer.from('0\r\n\r\n');

/** A chunked request whose body is `total` bytes of blanks, made while it is sent. */
export function floodRequest(
  method: string,
  path: string,
  headers: RequestParts['headers'],
  total: number,
): WireRequest {
  const chunk = chunkOf(Buffer.alloc(64 * 1024, 0x20));
  let left = Math.ceil(total / (64 * 1024));
  const next = (): Uint8Array | undefined => {
    left -= 1;
    return left < 0 ? undefined : chunk;
  };
  const head = headOf(method, path, [...headers, ['transfer-encoding', 'chunked']]);
  return { method, pieces: [head, next, lastChunk] };
}
