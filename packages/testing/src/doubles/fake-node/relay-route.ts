import { inferenceRelayPrefix } from '@cynodeai/contracts/worker-api';
import { type HttpServer, ProblemError } from '@cynodeai/runtime/http';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';

type Guard = (call: { headers: { authorization?: string | undefined } }) => Promise<void>;

/**
 * The relay of a fake node: model calls with the node's token go on to `upstream`, without it, and their answers come
 * back as they arrive. See docs/reference/worker-api.md#inference-relay.
 */
export function bindRelay(server: HttpServer, guard: Guard, upstream: () => string): void {
  server.app.route({
    method: ['GET', 'POST'],
    url: `${inferenceRelayPrefix}/*`,
    handler: async (call, reply) => {
      await guard(call);
      const path = call.raw.url?.slice(inferenceRelayPrefix.length) ?? '';
      const sent = call.method === 'POST' && {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(call.body),
      };
      try {
        const response = await fetch(`${upstream()}${path}`, {
          method: call.method,
          ...sent,
          signal: AbortSignal.any([call.signal, AbortSignal.timeout(200_000)]),
        });
        const type = response.headers.get('content-type') ?? 'application/json';
        const body = response.body as ReadableStream<Uint8Array> | null;
        return await reply
          .code(response.status)
          .type(type)
          .send(body === null ? '' : Readable.fromWeb(body));
      } catch (cause) {
        throw new ProblemError('upstream', 'the model service is gone', { cause });
      }
    },
  });
}
