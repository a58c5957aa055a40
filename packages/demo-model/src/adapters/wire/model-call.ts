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
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

/** Whether a path belongs to the wires that Ollama took over from others. */
export function isTakenOver(path: string): boolean {
  return path.startsWith('/v1/');
}

/** Sends a JSON answer; only Ollama's own wire names the character set. */
export function sendJson(call: ModelCall, status: number, body: unknown): void {
  const type = isTakenOver(call.path) ? 'application/json' : 'application/json; charset=utf-8';
  send(call, status, type, JSON.stringify(body));
}

/** Sends a text answer. */
export function sendText(call: ModelCall, status: number, text: string): void {
  send(call, status, 'text/plain; charset=utf-8', text);
}

/** Sends what a router says by itself, in no words of an API. */
export function sendPlain(call: ModelCall, status: number, text: string): void {
  send(call, status, 'text/plain', text);
}
