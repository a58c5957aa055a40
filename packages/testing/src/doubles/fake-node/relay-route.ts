import { inferenceRelayPrefix } from '@cynodeai/contracts/worker-api';
import { type HttpServer, ProblemError } from '@cynodeai/runtime/http';

type Guard = (call: { headers: { authorization?: string | undefined } }) => Promise<void>;

/**
 * The relay of a fake node: model calls with the node's token go on to `upstream`, without it.
 * See docs/reference/worker-api.md#inference-relay.
 */
export function bindRelay(server: HttpServer, guard: Guard, upstream: () => string): void {
  server.app.post(`${inferenceRelayPrefix}/api/generate`, async (call, reply) => {
    await guard(call);
    try {
      const response = await fetch(`${upstream()}/api/generate`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(call.body),
        signal: AbortSignal.any([call.signal, AbortSignal.timeout(200_000)]),
      });
      const text = await response.text();
      return await reply.code(response.status).type('application/json').send(text);
    } catch (cause) {
      throw new ProblemError('upstream', 'the model service is gone', { cause });
    }
  });
}
