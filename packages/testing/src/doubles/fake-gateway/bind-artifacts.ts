import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { packFiles } from '@cynodeai/runtime/archive';
import { type HttpServer, ProblemError, bindRoute } from '@cynodeai/runtime/http';
import { Readable } from 'node:stream';
import type { CallerGuard } from './bind-auth.ts';
import type { FakeTasks } from './fake-tasks.ts';

const unknownType = 'application/octet-stream';

/** Files of a task. See docs/reference/tasks-and-jobs.md#artifacts. */
export function bindArtifacts(server: HttpServer, guard: CallerGuard, tasks: FakeTasks): void {
  bindRoute(server, gatewayRoutes.listTaskArtifacts, {
    guard,
    handle: ({ caller, params, query }) => {
      const task = tasks.find(caller, params.id);
      const { page, next } = tasks.files(task, query);
      const artifacts = page.map(({ id, name, contentType = unknownType, bytes }) => ({
        artifact_id: id,
        name,
        path: `upload/${name}`,
        content_type: contentType,
        size_bytes: bytes.length,
        created_at: task.createdAt.toISOString(),
      }));
      const body = { task_id: task.id, task_name: task.facts.name, artifacts, ...next };
      return { status: 200, body };
    },
  });
  bindRoute(server, gatewayRoutes.getTaskArchive, {
    guard,
    handle: ({ caller, params }) => {
      const files = tasks.find(caller, params.id).left.map(({ name, text }) => ({
        name,
        sizeBytes: Buffer.byteLength(text),
        executable: false,
        chunks: Readable.from([Buffer.from(text)]),
      }));
      const stream = Readable.from(packFiles(files), { objectMode: false });
      return { status: 200, stream, headers: { 'content-type': 'application/x-tar' } };
    },
  });
  bindRoute(server, gatewayRoutes.getTaskArtifact, {
    guard,
    handle: ({ caller, params }) => {
      const { files } = tasks.find(caller, params.id).facts;
      const file = files.find(({ id }) => id === params.artifact_id);
      if (file === undefined) throw new ProblemError('not_found', 'no such file');
      return {
        status: 200,
        stream: Readable.from(file.bytes, { objectMode: false }),
        headers: {
          'content-type': file.contentType ?? unknownType,
          'content-length': String(file.bytes.length),
          'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(file.name)}`,
        },
      };
    },
  });
}
