import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import type { UserAdminDeps } from '../../../../app/users/user-admin.ts';
import { disableUser } from '../../../../app/users/disable-user.ts';
import type { CallerGuard } from '../caller.ts';

/** `POST /v1/users/{id}/disable`. See docs/reference/identity-and-policy.md#user-administration. */
export function bindDisableUser(server: HttpServer, guard: CallerGuard, deps: UserAdminDeps): void {
  bindRoute(server, gatewayRoutes.disableUser, {
    guard,
    handle: async ({ caller, params }) => {
      const { kind, value } = await disableUser(deps, caller, params.id);
      return { status: caller.call.answers(kind), body: value };
    },
  });
}
