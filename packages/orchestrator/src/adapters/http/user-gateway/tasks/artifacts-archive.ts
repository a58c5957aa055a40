import { Readable } from 'node:stream';
import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { packFiles } from '@cynodeai/runtime/archive';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import { archiveArtifacts } from '../../../../app/tasks/archive-artifacts.ts';
import type { ArtifactDeps } from '../../../../app/tasks/list-artifacts.ts';
import type { CallerGuard } from '../caller.ts';
import { contentDisposition } from './download-headers.ts';

/**
 * `GET /v1/tasks/{id}/artifacts:archive`: what the jobs of a task left, as one tar archive made while it is read.
 * See docs/reference/tasks-and-jobs.md#artifacts.
 */
export function bindArchiveArtifacts(
  server: HttpServer,
  guard: CallerGuard,
  deps: ArtifactDeps,
): void {
  bindRoute(server, gatewayRoutes.getTaskArchive, {
    guard,
    handle: async ({ caller: { actor, call }, params }) => {
      const { taskId, taskName, files } = await archiveArtifacts(deps, actor, params);
      call.resourceId = taskId;
      return {
        status: 200,
        stream: Readable.from(packFiles(files), { objectMode: false }),
        headers: {
          'content-type': 'application/x-tar',
          'content-disposition': contentDisposition(`${taskName}.tar`),
        },
      };
    },
  });
}
