import { parseJson } from '@cynodeai/runtime/std';
import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import {
  type Route,
  problemKindOf,
  problemSchema,
  problemStatus,
} from '@cynodeai/contracts/common';
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

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as an object; empty when there is none. */
  readonly body: Readonly<Record<string, unknown>>;
  /** Kind of the problem document. */
  readonly kind: string | undefined;
}

const routes: readonly Route[] = Object.values(gatewayRoutes);

function routeOf(method: string, path: string): Route | undefined {
  const plain = path.split('?')[0] ?? '';
  return routes.find(
    (route) =>
      route.method === method &&
      new RegExp(`^${route.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(plain),
  );
}

function object(text: string): Readonly<Record<string, unknown>> {
  return text.startsWith('{') ? (parseJson(text) as Record<string, unknown>) : {};
}

/** Every answer of every test is held against the routes. */
function checkAgainstRoute(route: Route, answer: Answer): void {
  const declared = route.success[answer.status];
  if (declared !== undefined) {
    if (declared.kind === 'json') expect(declared.schema.parse(answer.body)).toEqual(answer.body);
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

/** One call over HTTP, held against the route's declaration. */
export async function call(
  base: string,
  method: string,
  path: string,
  options: CallOptions = {},
): Promise<Answer> {
  const response = await fetch(`${base}${path}`, init(method, options));
  const text = await response.text();
  const body = object(text);
  const type = body['type'];
  const answer: Answer = {
    status: response.status,
    headers: response.headers,
    text,
    body,
    kind: typeof type === 'string' ? problemKindOf(type) : undefined,
  };
  const route = routeOf(method, path);
  if (route !== undefined) checkAgainstRoute(route, answer);
  return answer;
}

/** A stream that is sent chunked, without Content-Length. */
export function chunked(totalBytes: number): ReadableStream {
  const chunk = new Uint8Array(64 * 1024).fill(0x20);
  let sent = 0;
  return new ReadableStream({
    pull(controller) {
      if (sent >= totalBytes) {
        controller.close();
        return;
      }
      sent += chunk.length;
      controller.enqueue(chunk);
    },
  });
}
