import type { IncomingMessage, ServerResponse } from 'node:http';
import { problemStatus } from '@cynodeai/contracts/common';
import type { LocalAnswer, Refuse } from '../../ports/relay.ts';

/** How long a refused caller may go on sending, ms: closing at once over unread input would throw the answer away. */
const lingerMs = 2000;

/** Answers without the service, and ends the connection when the caller has not sent all of its request. */
export function answerLocally(
  request: IncomingMessage,
  response: ServerResponse,
  { status, headers, text }: LocalAnswer,
): void {
  if (response.destroyed) return;
  const { 'transfer-encoding': chunked, 'content-length': length } = request.headers;
  const whole = request.complete || (chunked === undefined && (length ?? '0') === '0');
  response.writeHead(status, {
    ...headers,
    'content-length': Buffer.byteLength(text),
    ...(!whole && { connection: 'close' }),
  });
  if (whole) {
    response.end(text);
    return;
  }
  response.write(text);
  const finish = (): void => void response.end();
  const timer = setTimeout(finish, lingerMs);
  request.once('end', finish);
  response.once('close', () => clearTimeout(timer));
  request.resume();
}

/** How the wires of `/v1` call an error with a status. */
const typesOfErrors: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  403: 'permission_error',
  404: 'not_found_error',
  405: 'invalid_request_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
};

/** An error as the clients of that path read it: Ollama's own, OpenAI's, or Anthropic's. */
function errorBody(target: string, status: number, message: string): object {
  if (!target.startsWith('/v1/')) return { error: message };
  const type = typesOfErrors[status] ?? 'api_error';
  if (/^\/v1\/messages\b/.test(target)) return { type: 'error', error: { type, message } };
  return { error: { message, type, param: null, code: null } };
}

/**
 * Refusals in the words of a model service, which is what programs in a sandbox expect.
 * See docs/reference/sandbox.md#relay.
 * @param target the path that was asked for
 */
export function inWordsOfTheService(target: string): Refuse {
  return ({ kind, message, retryAfterSeconds, allow }) => {
    // In a sandbox a missing service is one that is down.
    const status = kind === 'inference_unavailable' ? 502 : problemStatus[kind];
    return {
      status,
      headers: {
        'content-type': 'application/json',
        ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
        ...(allow !== undefined && { allow }),
      },
      text: JSON.stringify(errorBody(target, status, message)),
    };
  };
}
