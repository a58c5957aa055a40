import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type CallOptions, type StrictAnswer, strictCaller } from '@cynodeai/testing/suites';

export type { CallOptions };
export type Answer = StrictAnswer;

/** One call over HTTP; every answer of every test is held against the routes. */
export const call = strictCaller(Object.values(gatewayRoutes));

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
      const piece = chunk.subarray(0, totalBytes - sent);
      sent += piece.length;
      controller.enqueue(piece);
    },
  });
}
