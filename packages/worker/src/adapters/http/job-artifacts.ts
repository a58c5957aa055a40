import { Readable } from 'node:stream';
import { workerApiRoutes } from '@cynodeai/contracts/worker-api';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import type { JobService } from '../../app/jobs/job-service.ts';
import { requireToken, type TokenSource } from './guards.ts';

/**
 * `GET /v1/worker/jobs/{job_id}/artifacts`, answered whether the node is ready or not.
 * See docs/reference/worker-api.md#artifacts.
 */
export function bindJobArtifacts(
  server: HttpServer,
  config: TokenSource,
  jobs: Pick<JobService, 'artifacts'>,
): void {
  bindRoute(server, workerApiRoutes.jobArtifacts, {
    guard: (request) => requireToken(config, request.headers.authorization),
    handle: async ({ params }) => {
      const { sizeBytes, chunks } = await jobs.artifacts(params.job_id);
      return {
        status: 200,
        stream: chunks instanceof Readable ? chunks : Readable.from(chunks, { objectMode: false }),
        headers: { 'content-type': 'application/x-tar', 'content-length': String(sizeBytes) },
      };
    },
  });
}
