import {
  type Route,
  problemKindOf,
  problemSchema,
  problemStatus,
} from '@cynodeai/contracts/common';
import { isRecord, parseJsonOr } from '@cynodeai/runtime/std';
import { expect } from 'vitest';

export interface CallOptions {
  readonly token?: string | undefined;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is. */
  readonly raw?: string | ReadableStream | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** An answer that keeps to its route. */
export interface StrictAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as an object; empty when there is none. */
  readonly body: Readonly<Record<string, unknown>>;
  /** Kind of the problem document. */
  readonly kind: string | undefined;
}

/** One call over HTTP, held against the declaration of its route. */
export type StrictCall = (
  base: string,
  method: string,
  path: string,
  options?: CallOptions,
) => Promise<StrictAnswer>;

/** Nothing but what the route declares may be in an answer: no other status, field or kind of problem. */
function checkAgainstRoute(route: Route, answer: StrictAnswer): void {
  const declared = route.success[answer.status];
  if (declared !== undefined) {
    if (declared.kind === 'json') expect(declared.schema.parse(answer.body)).toEqual(answer.body);
    if (declared.kind === 'empty') expect(answer.text).toBe('');
    return;
  }
  expect(answer.headers.get('content-type')).toContain('application/problem+json');
  const problem = problemSchema.parse(answer.body);
  expect(problem.status).toBe(answer.status);
  expect(problem.instance).toBe(answer.headers.get('x-request-id'));
  const kind = route.errors.find((one) => one === answer.kind);
  expect(kind, `${route.operation} does not declare ${answer.kind}`).toBeDefined();
  if (kind !== undefined) expect(problemStatus[kind]).toBe(answer.status);
}

function init(method: string, options: CallOptions): RequestInit {
  const { token, json, raw, headers, signal } = options;
  const body = raw ?? (json === undefined ? undefined : JSON.stringify(json));
  return {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body }),
    ...(raw instanceof ReadableStream && { duplex: 'half' }),
    ...(signal && { signal }),
  };
}

/** Calls a server whose every answer must keep to these routes; what is none of them is answered as it comes. */
export function strictCaller(routes: readonly Route[]): StrictCall {
  const routeOf = (method: string, path: string): Route | undefined => {
    const plain = path.split('?')[0] ?? '';
    return routes.find(
      (route) =>
        route.method === method &&
        new RegExp(`^${route.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(plain),
    );
  };
  return async (base, method, path, options = {}) => {
    const response = await fetch(`${base}${path}`, init(method, options));
    const text = await response.text();
    const parsed = parseJsonOr(text);
    const body = isRecord(parsed) ? parsed : {};
    const { type } = body;
    const answer: StrictAnswer = {
      status: response.status,
      headers: response.headers,
      text,
      body,
      kind: typeof type === 'string' ? problemKindOf(type) : undefined,
    };
    const route = routeOf(method, path);
    if (route !== undefined) checkAgainstRoute(route, answer);
    return answer;
  };
}
