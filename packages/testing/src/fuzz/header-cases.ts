import type { Route } from '@cynodeai/contracts/common';
import { Buffer } from 'node:buffer';
import { secretCanary, textCanary } from './canaries.ts';
import { type Expectation, type FuzzTarget, transportKinds } from './fuzz-case.ts';
import { type CaseDraft, declared, requestParts, plainSample } from './request-plan.ts';
import { wireRequest } from './wire-request.ts';

function base64url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function forgeries(token: string): readonly string[] {
  const [head = '', payload = '', signature = ''] = token.split('.');
  const far = { exp: 4_102_444_800, sub: secretCanary };
  return [
    `${base64url({ alg: 'none', typ: 'JWT' })}.${payload}.`,
    `${base64url({ alg: 'none', typ: 'JWT' })}.${base64url(far)}.`,
    `${base64url({ alg: 'RS256', kid: '../../etc/passwd' })}.${payload}.${signature}`,
    `${head}.${base64url(far)}.${signature}`,
    `${head}.${payload}.${signature.slice(0, -4)}AAAA`,
    `${head}.${payload}.`,
    `${head}.${payload}`,
    `${token}x`,
    token.slice(0, -1),
    token.toUpperCase(),
  ];
}

function authorizations(target: FuzzTarget, route: Route): readonly (readonly string[])[] {
  const token = target.bearer(route) ?? 'none';
  const wrong = [...target.foreignTokens, ...(token.length > 8 ? forgeries(token) : [])];
  return [
    [],
    [''],
    ['Bearer'],
    ['Bearer '],
    [`Basic ${Buffer.from(`admin:${secretCanary}`).toString('base64')}`],
    [`Basic ${secretCanary}`],
    [`Bearer ${secretCanary}`],
    [`Bearer ${secretCanary} ${token}`],
    [`Bearer ${token} ${secretCanary}`],
    [`Bearer,${token}`],
    [`Token ${token}`],
    [`Digest username="${secretCanary}"`],
    [token],
    [`Bearer null`],
    [`Bearer ..`],
    [`Bearer a.b.c`],
    [`Bearer ${'a'.repeat(50_000)}`],
    [`Bearer ${secretCanary}\u00ff\u00c0\u00ae`],
    [`Bearer ${secretCanary}`, `Bearer ${token}`],
    [`Bearer ${token}, Bearer ${secretCanary}`],
    ...wrong.map((forged) => [`Bearer ${forged}`]),
  ];
}

/** Every kind of wrong `Authorization`: 401 where a credential is needed, no matter elsewhere. */
export function authorizationCases(target: FuzzTarget, route: Route): readonly CaseDraft[] {
  const sample = plainSample(target, route);
  const needed = target.bearer(route) !== undefined;
  const refusal: Expectation = { kinds: ['authentication'], success: false };
  return authorizations(target, route).map((authorization) => ({
    route,
    field: 'headers.authorization',
    mutation: authorization.length === 0 ? 'missing' : 'wrong',
    expect: needed ? refusal : declared(route),
    request: () => wireRequest(requestParts(target, route, sample, { authorization })),
  }));
}

const hostileHeaders: readonly (readonly [string, string])[] = [
  ['x-request-id', 'x'.repeat(129)],
  ['x-request-id', `${textCanary} <script>`],
  ['x-request-id', '\u00ff'],
  ['idempotency-key', ''],
  ['idempotency-key', 'k'.repeat(256)],
  ['idempotency-key', `${textCanary}\u00ff`],
  ['last-event-id', '-1'],
  ['last-event-id', '9'.repeat(60)],
  ['last-event-id', `1e400 ${textCanary}`],
  ['last-event-id', '9223372036854775808'],
  ['prefer', 'respond-async'],
  ['prefer', `wait=${'9'.repeat(40)}, respond-async=x;${textCanary}`],
  ['accept', `${textCanary}/*;q=nan`],
  ['accept-encoding', 'gzip, br, *;q=0'],
  ['range', 'bytes=-1'],
  ['if-match', '*'],
  ['cookie', `session=${secretCanary}`],
  ['proxy-authorization', `Basic ${secretCanary}`],
  ['x-api-key', secretCanary],
  ['x-forwarded-for', `${textCanary}, 127.0.0.1, \u00ff`],
  ['forwarded', 'for="[::1"'],
  ['x-http-method-override', 'DELETE'],
  ['user-agent', 'u'.repeat(40_000)],
  ['user-agent', 'agent \u00ff\u00c0\u00ae'],
  ['traceparent', '00-zz-zz-01'],
  ['te', 'trailers, deflate'],
  ['upgrade', 'websocket'],
  ['expect', '100-continue'],
  ['expect', 'the-unexpected'],
  ['origin', 'null'],
  ['content-length-x', '-1'],
];

/** Hostile values of headers that something reads, and floods of headers. */
export function headerCases(target: FuzzTarget, route: Route): readonly CaseDraft[] {
  const sample = plainSample(target, route);
  const draft = (
    name: string,
    mutation: string,
    headers: readonly (readonly [string, string])[],
    expect: Expectation,
  ): CaseDraft => ({
    route,
    field: `headers.${name}`,
    mutation,
    expect,
    request: () => wireRequest(requestParts(target, route, sample, { headers })),
  });
  const many = Array.from({ length: 900 }, (_, index) => [`x-${index}`, 'v'] as const);
  return [
    ...hostileHeaders.map((header) => draft(header[0], 'hostile', [header], declared(route))),
    draft('any', 'many', many, declared(route)),
    draft('any', 'oversized', [['x-flood', 'f'.repeat(100 * 1024)]], {
      kinds: ['validation'],
      success: false,
    }),
  ];
}

const methods = ['OPTIONS', 'TRACE', 'PUT', 'PATCH', 'DELETE', 'GET', 'POST', 'PROPFIND'];

/** Methods the path does not answer. `HEAD` is answered wherever `GET` is, and then as `GET`. */
export function methodCases(target: FuzzTarget, route: Route): readonly CaseDraft[] {
  const sample = plainSample(target, route);
  const samePath = target.routes.filter((other) => other.path === route.path);
  const taken = new Set<string>(samePath.map((other) => other.method));
  const viaGet = samePath.find((other) => other.method === 'GET');
  const draft = (method: string, answering: Route, expect: Expectation): CaseDraft => ({
    route: answering,
    field: 'method',
    mutation: method.toLowerCase(),
    expect,
    request: () => wireRequest(requestParts(target, route, sample, { method })),
  });
  const refusal: Expectation = { kinds: transportKinds, success: false };
  const others = methods.filter((method) => !taken.has(method));
  return [
    ...others.map((method) => draft(method, route, refusal)),
    viaGet === undefined
      ? draft('HEAD', route, refusal)
      : draft('HEAD', viaGet, { kinds: [...viaGet.errors, ...transportKinds], success: true }),
  ];
}
