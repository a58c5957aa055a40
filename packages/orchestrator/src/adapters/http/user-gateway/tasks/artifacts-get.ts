import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import { Readable } from 'node:stream';
import { type ArtifactDeps, unknownContentType } from '../../../../app/tasks/list-artifacts.ts';
import { openArtifact } from '../../../../app/tasks/open-artifact.ts';
import type { CallerGuard } from '../caller.ts';
import { contentDisposition, safeContentType } from './download-headers.ts';

/**
 * `GET /v1/tasks/{id}/artifacts/{artifact_id}`: the bytes, never shown by a browser.
 * See docs/reference/tasks-and-jobs.md#artifacts.
 */
export function bindGetArtifact(server: HttpServer, guard: CallerGuard, deps: ArtifactDeps): void {
  bindRoute(server, gatewayRoutes.getTaskArtifact, {
    guard,
    handle: async ({ caller: { actor, call }, params }) => {
      const { id, artifact_id: artifactId } = params;
      const file = await openArtifact(deps, actor, { id, artifactId });
      call.resourceId = file.taskId;
      return {
        status: 200,
        stream: Readable.from(file.chunks, { objectMode: false }),
        headers: {
          'content-type': safeContentType(file.contentType) ?? unknownContentType,
          'content-length': String(file.sizeBytes),
          'content-disposition': contentDisposition(file.name),
        },
        afterSent: () => void file.close(),
      };
    },
  });
}
