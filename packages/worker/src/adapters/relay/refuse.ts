import type { IncomingMessage, ServerResponse } from 'node:http';
import { problemStatus } from '@cynodeai/contracts/common';
import type { LocalAnswer, RelayRefusal } from '../../ports/relay.ts';

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

/**
 * A refusal in the words of a model service, which is what programs in a sandbox expect.
 * See docs/reference/sandbox.md#relay.
 */
export function inWordsOfTheService(refusal: RelayRefusal): LocalAnswer {
  // In a sandbox a missing service is one that is down.
  const { kind, message, retryAfterSeconds, allow } = refusal;
  return {
    status: kind === 'inference_unavailable' ? 502 : problemStatus[kind],
    headers: {
      'content-type': 'application/json',
      ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
      ...(allow !== undefined && { allow }),
    },
    text: JSON.stringify({ error: message }),
  };
}
