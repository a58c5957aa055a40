import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import {
  type DeleteWorkspaceDeps,
  deleteWorkspace,
} from '../../../../app/workspaces/delete-workspace.ts';
import { listWorkspaces } from '../../../../app/workspaces/list-workspaces.ts';
import type { WorkspaceReader } from '../../../../ports/workspaces.ts';
import type { CallerGuard } from '../caller.ts';

export interface WorkspaceParts extends DeleteWorkspaceDeps {
  readonly workspaces: WorkspaceReader;
}

/** Serves the caller's own workspaces that are kept between tasks. See docs/reference/workspaces.md. */
export function bindWorkspaces(
  server: HttpServer,
  guard: CallerGuard,
  parts: WorkspaceParts,
): void {
  bindRoute(server, gatewayRoutes.listWorkspaces, {
    guard,
    handle: async ({ caller }) => ({
      status: 200,
      body: { workspaces: await listWorkspaces(parts, caller.actor) },
    }),
  });
  bindRoute(server, gatewayRoutes.deleteWorkspace, {
    guard,
    handle: async ({ caller, params }) => {
      const { kind } = await deleteWorkspace(parts, caller, params.name);
      return { status: caller.call.answers(kind), body: { deleted: true as const } };
    },
  });
}
