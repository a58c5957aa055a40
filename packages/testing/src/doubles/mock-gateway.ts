import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer as bytesOf } from 'node:stream/consumers';
import { parseJsonOr } from '@cynodeai/runtime/std';
import { json } from '../harness/answering-server.ts';

/** One request as it arrived. */
export interface Recorded {
  readonly method: string;
  /** Path and query, not decoded. */
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  /** The body as JSON; undefined when it is none. */
  readonly json: unknown;
  readonly at: number;
}

export type Answer = (request: Recorded, response: ServerResponse) => void | Promise<void>;

export const taskId = '0198c0de-0000-7000-8000-000000000001';
export const jobId = '0198c0de-0000-7000-8000-000000000002';
export const userId = '0198c0de-0000-7000-8000-000000000003';
const at = '2026-11-20T10:00:00.000Z';

/** A gateway made of scripted answers on a real socket; everything it was asked is recorded. */
export class MockGateway implements AsyncDisposable {
  readonly requests: Recorded[] = [];
  /** Answers what nothing else does. */
  otherwise: Answer = problem(404, 'not_found', 'no such path');
  readonly #answers = new Map<string, Answer>();
  readonly #server = createServer((request, response) => void this.#serve(request, response));

  static async start(): Promise<MockGateway> {
    const gateway = new MockGateway();
    gateway.#server.listen(0, '127.0.0.1');
    await once(gateway.#server, 'listening');
    return gateway;
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  /** Answers `METHOD /path` (without query) from now on. */
  on(route: string, answer: Answer): this {
    this.#answers.set(route, answer);
    return this;
  }

  /** The requests of one `METHOD /path`. */
  of(route: string): Recorded[] {
    return this.requests.filter((request) => routeOf(request) === route);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bytesOf(incoming).catch(() => undefined);
    if (body === undefined) return;
    const request: Recorded = {
      method: incoming.method ?? '',
      url: incoming.url ?? '',
      headers: incoming.headers,
      body,
      json: parseJsonOr(body.toString('utf8')),
      at: performance.now(),
    };
    this.requests.push(request);
    const answer = this.#answers.get(routeOf(request)) ?? this.otherwise;
    await answer(request, response);
  }
}

function routeOf(request: Recorded): string {
  return `${request.method} ${request.url.split('?', 1)[0]}`;
}

export { json };

export function text(status: number, body: string, headers: Record<string, string> = {}): Answer {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'text/plain', ...headers });
    response.end(body);
  };
}

/** Answers a problem document. */
export function problem(
  status: number,
  kind: string,
  detail: string,
  headers: Record<string, string> = {},
): Answer {
  const body = {
    type: `urn:cynodeai:error:${kind}`,
    title: 'Refused',
    status,
    detail,
    instance: 'req-1',
  };
  return json(status, body, { 'content-type': 'application/problem+json', ...headers });
}

/** Answers one after the other; the last one again and again. */
export function inTurn(...answers: readonly Answer[]): Answer {
  let next = 0;
  return (request, response) => {
    const answer = answers[Math.min(next, answers.length - 1)];
    next += 1;
    return answer?.(request, response);
  };
}

/** Answers events of a stream, then ends it. */
export function events(
  ...list: readonly (readonly [id: string, event: string, data: unknown])[]
): Answer {
  return (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    for (const [id, event, data] of list) {
      response.write(`id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    }
    response.end();
  };
}

export const tokens = (access: string, refresh: string): unknown => ({
  access_token: access,
  refresh_token: refresh,
  token_type: 'Bearer',
  expires_in: 900,
});

export const user = {
  id: userId,
  handle: 'alice',
  is_active: true,
  roles: [],
  group_ids: [],
  created_at: at,
};

export function task(status: string, extra: object = {}): object {
  return {
    id: taskId,
    task_id: taskId,
    task_name: 'say-hello',
    status,
    input_mode: 'commands',
    prompt: 'echo hello',
    attachments: [],
    created_at: at,
    updated_at: at,
    ...extra,
  };
}

export function result(status: string, extra: object = {}): object {
  return { task_id: taskId, task_name: 'say-hello', status, jobs: [], ...extra };
}

export function jobResult(stdout: string, stderr = '', extra: object = {}): object {
  return {
    version: 1,
    task_id: taskId,
    job_id: jobId,
    status: 'completed',
    exit_code: 0,
    stdout,
    stderr,
    started_at: at,
    ended_at: at,
    truncated: { stdout: false, stderr: false },
    ...extra,
  };
}

export function logs(status: string, stdout?: string, stderr?: string): object {
  return {
    task_id: taskId,
    task_name: 'say-hello',
    status,
    stream: 'all',
    ...(stdout !== undefined && { stdout }),
    ...(stderr !== undefined && { stderr }),
    truncated: { stdout: false, stderr: false },
  };
}

export const statusEvent = (status: string): object => ({ task_id: taskId, status, at });

export const logEvent = (stream: string, textPart: string): object => ({
  task_id: taskId,
  job_id: jobId,
  stream,
  text: textPart,
});
