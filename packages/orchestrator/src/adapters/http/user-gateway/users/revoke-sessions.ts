import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import type { UserAdminDeps } from '../../../../app/users/user-admin.ts';
import { revokeSessions } from '../../../../app/users/revoke-sessions.ts';
import type { CallerGuard } from '../caller.ts';
import { manageCall } from '../manage-call.ts';

/** `POST /v1/users/{id}/revoke_sessions`. Contract 04 section 4.5. */
export function bindRevokeSessions(
  server: HttpServer,
  guard: CallerGuard,
  deps: UserAdminDeps,
): void {
  bindRoute(server, gatewayRoutes.revokeSessions, {
    guard,
    handle: async ({ caller, headers, params }) => {
      await revokeSessions(deps, manageCall(caller, headers), params.id);
      caller.call.written = true;
      return { status: 204 };
    },
  });
}
