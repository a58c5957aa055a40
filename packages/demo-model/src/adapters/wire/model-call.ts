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

/** Sends a JSON answer. */
export function sendJson({ response }: ModelCall, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(body));
}

/** Sends a text answer. */
export function sendText({ response }: ModelCall, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(text);
}
