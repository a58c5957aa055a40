import { inferenceRelayPrefix } from '@cynodeai/contracts/worker-api';
import { HttpClient, type HttpServer, ProblemError } from '@cynodeai/runtime/http';

type Guard = (call: { headers: { authorization?: string | undefined } }) => Promise<void>;

/** The relay of a fake node: model calls with the node's token go on to `upstream`, without it. Contract 03 section 5.10. */
export function bindRelay(server: HttpServer, guard: Guard, upstream: () => string): void {
  const client = new HttpClient();
  server.app.addHook('onClose', () => client.close());
  server.app.post(`${inferenceRelayPrefix}/api/generate`, async (call, reply) => {
    await guard(call);
    try {
      const { status, text } = await client.call({
        method: 'POST',
        url: `${upstream()}/api/generate`,
        json: call.body,
        timeoutMs: 200_000,
        signal: call.signal,
      });
      return await reply.code(status).type('application/json').send(text);
    } catch (cause) {
      throw new ProblemError('upstream', 'the model service is gone', { cause });
    }
  });
}
