import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import type { UserAdminDeps } from '../../../../app/users/user-admin.ts';
import { revokeSessions } from '../../../../app/users/revoke-sessions.ts';
import type { CallerGuard } from '../caller.ts';

/**
 * `POST /v1/users/{id}/revoke_sessions`.
 * See docs/reference/identity-and-policy.md#user-administration.
 */
export function bindRevokeSessions(
  server: HttpServer,
  guard: CallerGuard,
  deps: UserAdminDeps,
): void {
  bindRoute(server, gatewayRoutes.revokeSessions, {
    guard,
    handle: async ({ caller, params }) => {
      const { kind } = await revokeSessions(deps, caller, params.id);
      return { status: caller.call.answers(kind) };
    },
  });
}
