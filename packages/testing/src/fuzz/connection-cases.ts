import { Buffer } from 'node:buffer';
import { secretCanary } from './canaries.ts';
import { type Expectation, type FuzzTarget, transportKinds } from './fuzz-case.ts';
import type { CaseDraft } from './request-plan.ts';
import type { WireRequest } from './wire-request.ts';

const crlf = '\r\n';
const get = `GET /healthz HTTP/1.1${crlf}host: localhost${crlf}`;
const post = `POST /v1/no-such-path HTTP/1.1${crlf}host: localhost${crlf}content-type: application/json${crlf}`;

/** Right, refused or cut off: what arrived is at the edge of HTTP. */
const tolerant: Expectation = { kinds: transportKinds, success: true, mayClose: true };
/** Refused or cut off. */
const refused: Expectation = { kinds: transportKinds, success: false, mayClose: true };
/** Refused with an answer. */
const answered: Expectation = { kinds: transportKinds, success: false };

type Raw = readonly [
  mutation: string,
  text: string | Uint8Array,
  expect: Expectation,
  halfClose?: boolean,
];

const tlsHello = Buffer.from(
  '16030100c8010000c40303' + '5a'.repeat(32) + '20' + '5a'.repeat(32),
  'hex',
);

const requestLines: readonly Raw[] = [
  ['garbage', Buffer.from(Array.from({ length: 512 }, (_, index) => (index * 151) % 256)), refused],
  ['garbage', '\u0000'.repeat(64) + crlf + crlf, refused],
  ['tls-hello', tlsHello, refused, true],
  ['http2-preface', `PRI * HTTP/2.0${crlf}${crlf}SM${crlf}${crlf}`, refused],
  ['http-0.9', `GET /healthz${crlf}`, refused, true],
  ['http-1.0', `GET /healthz HTTP/1.0${crlf}${crlf}`, tolerant],
  ['http-version', `GET /healthz HTTP/9.9${crlf}${crlf}`, refused],
  ['http-version', `GET /healthz http/1.1${crlf}${crlf}`, refused],
  ['method', `get /healthz HTTP/1.1${crlf}host: a${crlf}${crlf}`, refused],
  ['method', `NOSUCH /healthz HTTP/1.1${crlf}host: a${crlf}${crlf}`, refused],
  ['method', `CONNECT evil.test:443 HTTP/1.1${crlf}host: a${crlf}${crlf}`, refused],
  ['method', `${'G'.repeat(5000)} / HTTP/1.1${crlf}host: a${crlf}${crlf}`, refused],
  ['target', `GET  HTTP/1.1${crlf}host: a${crlf}${crlf}`, refused],
  ['target', `GET * HTTP/1.1${crlf}host: a${crlf}connection: close${crlf}${crlf}`, answered],
  ['target', `OPTIONS * HTTP/1.1${crlf}host: a${crlf}connection: close${crlf}${crlf}`, answered],
  [
    'target',
    `GET http://evil.test/healthz HTTP/1.1${crlf}host: a${crlf}connection: close${crlf}${crlf}`,
    tolerant,
  ],
  [
    'target',
    `GET //evil.test HTTP/1.1${crlf}host: a${crlf}connection: close${crlf}${crlf}`,
    answered,
  ],
  ['target', `GET /a b HTTP/1.1${crlf}host: a${crlf}${crlf}`, refused],
  [
    'target',
    `GET /%zz%00%ff HTTP/1.1${crlf}host: a${crlf}connection: close${crlf}${crlf}`,
    answered,
  ],
  [
    'target',
    Buffer.from(`GET /\u0080\u00ff HTTP/1.1${crlf}host: a${crlf}${crlf}`, 'latin1'),
    refused,
  ],
  [
    'target',
    `GET /#fragment HTTP/1.1${crlf}host: a${crlf}connection: close${crlf}${crlf}`,
    answered,
  ],
  [
    'target',
    `GET /../../etc/passwd HTTP/1.1${crlf}host: a${crlf}connection: close${crlf}${crlf}`,
    answered,
  ],
  ['target', `GET /${'a'.repeat(100_000)} HTTP/1.1${crlf}host: a${crlf}${crlf}`, answered],
  ['target', `GET /?${'a'.repeat(100_000)} HTTP/1.1${crlf}host: a${crlf}${crlf}`, answered],
];

const headerLines: readonly Raw[] = [
  ['host', `GET /healthz HTTP/1.1${crlf}connection: close${crlf}${crlf}`, answered],
  ['host', `${get}host: other.test${crlf}connection: close${crlf}${crlf}`, tolerant],
  ['header', `${get}no colon here${crlf}${crlf}`, refused],
  ['header', `${get}: no name${crlf}${crlf}`, refused],
  ['header', `${get}bad name: x${crlf}${crlf}`, refused],
  ['header', `${get}x: a\u0000b${crlf}${crlf}`, refused],
  ['header', `${get}x: a${crlf} folded${crlf}connection: close${crlf}${crlf}`, tolerant],
  ['header', `${get}x: a\rb${crlf}${crlf}`, refused],
  ['header', `${get}${'x'.repeat(100_000)}: 1${crlf}${crlf}`, answered],
  ['header', `${get}authorization: ${secretCanary}\u0000${crlf}${crlf}`, refused],
  ['header-flood', get + `x: y${crlf}`.repeat(20_000) + crlf, answered],
  ['line-ends', `GET /healthz HTTP/1.1\nhost: a\nconnection: close\n\n`, tolerant],
  [
    'upgrade',
    `${get}connection: upgrade${crlf}upgrade: h2c${crlf}http2-settings: AA${crlf}${crlf}`,
    tolerant,
    true,
  ],
  ['unfinished', 'GET /hea', refused, true],
  ['unfinished', get, refused, true],
  ['unfinished', '', refused, true],
];

const framings: readonly Raw[] = [
  ['length', `${post}content-length: -1${crlf}${crlf}`, refused],
  ['length', `${post}content-length: 1e3${crlf}${crlf}{}`, refused],
  ['length', `${post}content-length: 99999999999999999999${crlf}${crlf}`, refused],
  ['length', `${post}content-length: 2${crlf}content-length: 3${crlf}${crlf}{} `, refused],
  ['length', `${post}content-length: 100${crlf}${crlf}{}`, refused, true],
  [
    'smuggling',
    `${post}content-length: 4${crlf}transfer-encoding: chunked${crlf}${crlf}0${crlf}${crlf}GET`,
    refused,
  ],
  [
    'smuggling',
    `${post}transfer-encoding: chunked${crlf}transfer-encoding: identity${crlf}${crlf}0${crlf}${crlf}`,
    refused,
  ],
  [
    'smuggling',
    `${post}transfer-encoding: gzip, chunked${crlf}connection: close${crlf}${crlf}0${crlf}${crlf}`,
    refused,
  ],
  ['smuggling', `${post}transfer-encoding: xchunked${crlf}${crlf}0${crlf}${crlf}`, refused],
  ['chunks', `${post}transfer-encoding: chunked${crlf}${crlf}zz${crlf}{}${crlf}`, refused],
  ['chunks', `${post}transfer-encoding: chunked${crlf}${crlf}fffffffffffffffff${crlf}{}`, refused],
  ['chunks', `${post}transfer-encoding: chunked${crlf}${crlf}2${crlf}{}XX`, refused],
  [
    'chunks',
    `${post}transfer-encoding: chunked${crlf}${crlf}2;${'x'.repeat(100_000)}${crlf}{}${crlf}0${crlf}${crlf}`,
    refused,
  ],
  ['chunks', `${post}transfer-encoding: chunked${crlf}${crlf}2${crlf}{}`, refused, true],
  [
    'trailers',
    `${post}connection: close${crlf}transfer-encoding: chunked${crlf}${crlf}0${crlf}authorization: x${crlf}${crlf}`,
    refused,
  ],
  [
    'pipeline',
    `${get}${crlf}${Buffer.from([0, 1, 2, 255]).toString('latin1')}garbage${crlf}${crlf}`,
    tolerant,
  ],
  ['pipeline', `${get}${crlf}`.repeat(50), tolerant],
  ['pipeline', `${post}content-length: 2${crlf}${crlf}{}{}${get}`, tolerant],
];

/** Bytes that are no request, or hardly one. The route of the well-formed ones is `/healthz`. */
export function connectionCases(target: FuzzTarget): readonly CaseDraft[] {
  const route = target.routes.find((one) => one.path === '/healthz');
  const all = [...requestLines, ...headerLines, ...framings];
  return all.map(([mutation, text, expect, halfClose = false]) => ({
    route,
    field: 'connection',
    mutation,
    expect,
    request: () => ({
      method: 'GET',
      pieces: [typeof text === 'string' ? Buffer.from(text, 'latin1') : text],
      halfClose,
    }),
  }));
}

function slow(text: string, pauseMs: number, deadlineMs: number): WireRequest {
  const pieces = Array.from(Buffer.from(text, 'latin1'), (byte) => Buffer.from([byte]));
  return { method: 'POST', pieces, pauseMs, deadlineMs };
}

/**
 * Connections that take their time: the read timeout must answer or end them. They wait next to each other, so
 * that all of them together take little more than one read timeout.
 */
export function slowCases(target: FuzzTarget): readonly CaseDraft[] {
  const { readTimeoutMs } = target;
  if (readTimeoutMs === undefined) return [];
  const deadlineMs = readTimeoutMs * 2 + 30_000;
  const body = `${post}content-length: 100000${crlf}${crlf}`;
  const requests: Readonly<Record<string, () => WireRequest>> = {
    'slow-body': () => ({
      ...slow('x'.repeat(300), 500, deadlineMs),
      pieces: [Buffer.from(body), ...slow('x'.repeat(300), 0, 0).pieces],
    }),
    'slow-head': () => slow(`${get}x-slow: ${'x'.repeat(300)}`, 500, deadlineMs),
    'silent-body': () => ({ method: 'POST', pieces: [Buffer.from(body)], deadlineMs }),
    'silent-head': () => ({ method: 'GET', pieces: [Buffer.from(get)], deadlineMs }),
    silent: () => ({ method: 'GET', pieces: [], deadlineMs }),
  };
  return Object.entries(requests).map(([mutation, request]) => ({
    route: undefined,
    field: 'connection',
    mutation,
    expect: refused,
    request,
  }));
}
