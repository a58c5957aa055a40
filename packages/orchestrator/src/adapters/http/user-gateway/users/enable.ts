import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import type { UserAdminDeps } from '../../../../app/users/user-admin.ts';
import { enableUser } from '../../../../app/users/enable-user.ts';
import type { CallerGuard } from '../caller.ts';

/** `POST /v1/users/{id}/enable`. See docs/reference/identity-and-policy.md#user-administration. */
export function bindEnableUser(server: HttpServer, guard: CallerGuard, deps: UserAdminDeps): void {
  bindRoute(server, gatewayRoutes.enableUser, {
    guard,
    handle: async ({ caller, params }) => {
      const { kind, value } = await enableUser(deps, caller, params.id);
      return { status: caller.call.answers(kind), body: value };
    },
  });
}
