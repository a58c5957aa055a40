import { Readable } from 'node:stream';
import { type JobOutput, workerApiRoutes } from '@cynodeai/contracts/worker-api';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import type { JobService } from '../../app/jobs/job-service.ts';
import { requireToken, type TokenSource } from './guards.ts';

/** Silence after which a listener is told that the node is still there, ms. */
const quietMs = 15_000;

async function* frames(items: AsyncIterable<JobOutput | 'quiet'>): AsyncGenerator<string> {
  // Opens the body, so that a caller sees the answer before the first event.
  yield ': open\n\n';
  for await (const item of items) {
    yield item === 'quiet' ? ': quiet\n\n' : `event: output\ndata: ${JSON.stringify(item)}\n\n`;
  }
  yield 'event: end\ndata: {}\n\n';
}

/**
 * `GET /v1/worker/jobs/{job_id}/output`, answered whether the node is ready or not.
 * See docs/reference/worker-api.md#life-of-a-job-on-its-node.
 */
export function bindJobOutput(
  server: HttpServer,
  config: TokenSource,
  jobs: Pick<JobService, 'output'>,
): void {
  bindRoute(server, workerApiRoutes.jobOutput, {
    guard: (request) => requireToken(config, request.headers.authorization),
    handle: ({ params, signal }) => {
      const items = jobs.output(params.job_id).follow(signal, quietMs);
      return { status: 200, stream: Readable.from(frames(items), { objectMode: false }) };
    },
  });
}
