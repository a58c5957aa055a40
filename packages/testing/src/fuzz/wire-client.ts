import { Buffer } from 'node:buffer';
import { type Socket, connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { WireRequest } from './wire-request.ts';

export interface WireAnswer {
  readonly status: number;
  /** By lower-case name; repeated ones are joined by a comma. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** What came of a request. */
export type WireOutcome =
  | { readonly kind: 'answer'; readonly answer: WireAnswer; readonly raw: string }
  /** The server ended the connection without a whole answer. */
  | { readonly kind: 'closed'; readonly raw: string }
  /** Nothing happened until the deadline. */
  | { readonly kind: 'silent'; readonly raw: string };

interface Head {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly bodyAt: number;
}

function parseHead(text: string, from: number): Head | undefined {
  const end = text.indexOf('\r\n\r\n', from);
  if (end < 0) return undefined;
  const [statusLine = '', ...lines] = text.slice(from, end).split('\r\n');
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return { status: Number(statusLine.split(' ')[1]), headers, bodyAt: end + 4 };
}

/** The body of a chunked answer; undefined while it is incomplete. */
function unchunk(text: string, from: number): string | undefined {
  let body = '';
  let at = from;
  for (;;) {
    const lineEnd = text.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(text.slice(at, lineEnd), 16);
    const next = lineEnd + 2 + size + 2;
    if (text.length < next) return undefined;
    if (size === 0) return body;
    body += text.slice(lineEnd + 2, lineEnd + 2 + size);
    at = next;
  }
}

function bodyOf(head: Head, text: string, method: string, ended: boolean): string | undefined {
  const { headers, status, bodyAt } = head;
  if (method === 'HEAD' || status === 204 || status === 304) return '';
  // A stream of events does not end by itself; its first piece is enough.
  if (headers.get('content-type')?.startsWith('text/event-stream') === true) {
    return text.length > bodyAt ? text.slice(bodyAt) : undefined;
  }
  if (headers.get('transfer-encoding') === 'chunked') return unchunk(text, bodyAt);
  const length = headers.get('content-length');
  if (length === undefined) return ended ? text.slice(bodyAt) : undefined;
  const whole = bodyAt + Number(length);
  return text.length >= whole ? text.slice(bodyAt, whole) : undefined;
}

/** The first final answer in what was received (latin1); undefined while it is incomplete. */
export function parseAnswer(text: string, method: string, ended: boolean): WireAnswer | undefined {
  let head = parseHead(text, 0);
  while (head !== undefined && head.status >= 100 && head.status < 200) {
    head = parseHead(text, head.bodyAt);
  }
  if (head === undefined) return undefined;
  const body = bodyOf(head, text, method, ended);
  if (body === undefined) return undefined;
  const { status, headers } = head;
  return { status, headers, body: Buffer.from(body, 'latin1').toString('utf8') };
}

async function writeAll(socket: Socket, request: WireRequest, done: () => boolean): Promise<void> {
  const write = async (bytes: Uint8Array): Promise<void> => {
    if (!socket.write(bytes)) {
      await new Promise<void>((resolve) => {
        socket.once('drain', resolve);
        socket.once('close', () => resolve());
      });
    }
    if (request.pauseMs !== undefined) await delay(request.pauseMs);
  };
  for (const piece of request.pieces) {
    if (typeof piece !== 'function') {
      if (done()) return;
      await write(piece);
      continue;
    }
    for (let bytes = piece(); bytes !== undefined && !done(); bytes = piece()) await write(bytes);
  }
  if (request.halfClose === true && !done()) socket.end();
}

/** Sends one request on a connection of its own and waits for the answer, the end of the connection or the deadline. */
export function exchange(
  port: number,
  request: WireRequest,
  deadlineMs: number,
): Promise<WireOutcome> {
  const { promise, resolve } = Promise.withResolvers<WireOutcome>();
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  let raw = '';
  let settled = false;
  const settle = (outcome: WireOutcome): void => {
    if (settled) return;
    settled = true;
    clearTimeout(timer);
    socket.destroy();
    resolve(outcome);
  };
  const look = (ended: boolean): void => {
    const answer = parseAnswer(raw, request.method, ended);
    if (answer !== undefined) settle({ kind: 'answer', answer, raw });
    else if (ended) settle({ kind: 'closed', raw });
  };
  const timer = setTimeout(() => settle({ kind: 'silent', raw }), request.deadlineMs ?? deadlineMs);
  socket.setEncoding('latin1');
  socket.on('data', (text) => {
    raw += String(text);
    look(false);
  });
  socket.on('end', () => look(true));
  // A reset after the answer is not a fault of the answer; before it, it is a closed connection.
  socket.on('error', () => look(true));
  socket.on('close', () => look(true));
  socket.once('connect', () => void writeAll(socket, request, () => settled));
  return promise;
}
