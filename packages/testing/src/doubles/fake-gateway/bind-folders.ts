import { jobFolderName, limits } from '@cynodeai/contracts/common';
import { type Folder, gatewayRoutes } from '@cynodeai/contracts/gateway';
import { TreeError, TreeReader } from '@cynodeai/runtime/archive';
import { type HttpServer, ProblemError, bindRoute } from '@cynodeai/runtime/http';
import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import type { CallerGuard } from './bind-auth.ts';
import type { FakeTasks } from './fake-tasks.ts';

const nothing = (): void => {};
const nowhere = { file: nothing, bytes: nothing, fileEnd: nothing, link: nothing, folder: nothing };
const most = { bytes: 512 * 1024 * 1024, entries: limits.folderEntries, reserved: jobFolderName };

/** What an archive holds. @throws ProblemError */
function read(archive: Buffer): Folder {
  const reader = new TreeReader(most, nowhere);
  try {
    reader.write(archive);
    const { bytes, entries } = reader.end();
    const folder = `sha256:${createHash('sha256').update(archive).digest('hex')}`;
    return { folder, size_bytes: bytes, entries };
  } catch (error) {
    if (!(error instanceof TreeError)) throw error;
    const kind = error.code === 'invalid' ? 'validation' : 'payload_too_large';
    throw new ProblemError(kind, error.message);
  }
}

/** Folders for tasks. See docs/reference/folders.md. */
export function bindFolders(server: HttpServer, guard: CallerGuard, tasks: FakeTasks): void {
  bindRoute(server, gatewayRoutes.createFolder, {
    guard,
    handle: async ({ caller, content }) => {
      const folder = read(await buffer(content.chunks));
      tasks.keepFolder(caller, folder);
      return { status: 201, body: folder };
    },
  });
  bindRoute(server, gatewayRoutes.getFolder, {
    guard,
    handle: ({ caller, params }) => ({ status: 200, body: tasks.folder(caller, params.folder) }),
  });
}
