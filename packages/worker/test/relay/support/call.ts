import { once } from 'node:events';
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { text as bodyOf } from 'node:stream/consumers';

/** Where a relay listens. */
export type Place =
  { readonly socketPath: string } | { readonly host: string; readonly port: number };

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface Call {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | AsyncIterable<Uint8Array>;
  readonly signal?: AbortSignal;
}

/** Sends a request and gives the answer as soon as its headers are there. */
export async function open(place: Place, path: string, call: Call = {}): Promise<IncomingMessage> {
  const outgoing = request({
    ...place,
    path,
    agent: false,
    method: call.method ?? (call.body === undefined ? 'GET' : 'POST'),
    headers: { ...call.headers },
    ...(call.signal !== undefined && { signal: call.signal }),
  });
  const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
  if (typeof call.body === 'string' || call.body === undefined) outgoing.end(call.body);
  else void send(outgoing, call.body);
  const [response] = await answered;
  return response;
}

async function send(
  outgoing: ReturnType<typeof request>,
  body: AsyncIterable<Uint8Array>,
): Promise<void> {
  let wake = (): void => {};
  for (const event of ['drain', 'error', 'close']) outgoing.on(event, () => wake());
  for await (const chunk of body) {
    const { promise, resolve } = Promise.withResolvers<void>();
    wake = resolve;
    if (outgoing.destroyed) return;
    if (!outgoing.write(chunk)) await promise;
  }
  outgoing.end();
}

/** Sends a request and reads the whole answer. */
export async function fetchFrom(place: Place, path: string, call: Call = {}): Promise<Answer> {
  const response = await open(place, path, call);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text: await bodyOf(response),
  };
}

/** Sends bytes as they are and gives everything that comes back until the other side closes. */
export async function sendRaw(socketPath: string, bytes: string): Promise<string> {
  const socket = connect(socketPath);
  socket.write(bytes);
  let text = '';
  socket.setEncoding('latin1').on('data', (part: string) => (text += part));
  await once(socket, 'close');
  return text;
}
