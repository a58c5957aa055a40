import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { json } from '../../harness/answering-server.ts';

/** One request as it arrived. */
export interface Recorded {
  readonly method: string;
  /** Path and query, not decoded. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The body as JSON; undefined when it is none. */
  readonly json: unknown;
  /** When it was here whole, ms of the process's own clock. */
  readonly at: number;
}

/** An answer that a test writes itself, byte for byte where it must be. */
export type Answer = (request: Recorded, response: ServerResponse) => void | Promise<void>;

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
