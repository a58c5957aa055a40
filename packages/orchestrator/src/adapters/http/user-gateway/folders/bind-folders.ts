import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import { type StoreFolderDeps, storeFolder } from '../../../../app/folders/store-folder.ts';
import { type UseFolderDeps, useFolder } from '../../../../app/folders/use-folder.ts';
import { folderView } from '../../../../domain/tasks/folder.ts';
import type { CallerGuard } from '../caller.ts';

/** What the routes on folders are made of. */
export type FolderParts = StoreFolderDeps & UseFolderDeps;

/** `POST /v1/folders`, streamed into storage, and `GET /v1/folders/{folder}`. See docs/reference/folders.md. */
export function bindFolders(server: HttpServer, guard: CallerGuard, parts: FolderParts): void {
  bindRoute(server, gatewayRoutes.createFolder, {
    guard,
    handle: async ({ caller, content }) => {
      const { kind, value } = await storeFolder(parts, caller, content.chunks);
      caller.call.resourceId = value.folder;
      return { status: caller.call.answers(kind), body: value };
    },
  });
  bindRoute(server, gatewayRoutes.getFolder, {
    guard,
    handle: async ({ caller, params }) => {
      caller.call.resourceId = params.folder;
      return { status: 200, body: folderView(await useFolder(parts, caller.actor, params.folder)) };
    },
  });
}
