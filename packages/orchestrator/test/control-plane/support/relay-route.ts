import { inferenceRelayPrefix } from '@cynodeai/contracts';
import { type HttpServer, ProblemError } from '@cynodeai/runtime/http';
import { request } from 'undici';

type Guard = (call: { headers: { authorization?: string | undefined } }) => Promise<void>;

/** The relay of a fake node: model calls with the node's token go on to `upstream`, without it. Contract 03 section 5.10. */
export function bindRelay(server: HttpServer, guard: Guard, upstream: () => string): void {
  server.app.post(`${inferenceRelayPrefix}/api/generate`, async (call, reply) => {
    await guard(call);
    try {
      const answer = await request(`${upstream()}/api/generate`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(call.body),
        signal: call.signal,
      });
      const body = Buffer.from(await answer.body.arrayBuffer());
      return await reply.code(answer.statusCode).type('application/json').send(body);
    } catch (cause) {
      throw new ProblemError('upstream', 'the model service is gone', { cause });
    }
  });
}
