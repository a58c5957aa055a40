import type { IncomingHttpHeaders, ServerResponse } from 'node:http';

/** One request to a model service, read whole. */
export interface ModelCall {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly response: ServerResponse;
  /** Fires when the client leaves. */
  readonly signal: AbortSignal;
}

function send({ response }: ModelCall, status: number, type: string, body: string): void {
  response.writeHead(status, {
    'content-type': `${type}; charset=utf-8`,
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

/** Sends a JSON answer. */
export function sendJson(call: ModelCall, status: number, body: unknown): void {
  send(call, status, 'application/json', JSON.stringify(body));
}

/** Sends a text answer. */
export function sendText(call: ModelCall, status: number, text: string): void {
  send(call, status, 'text/plain', text);
}
