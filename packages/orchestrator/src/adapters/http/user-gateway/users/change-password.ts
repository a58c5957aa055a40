import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import { type ChangePasswordDeps, changePassword } from '../../../../app/users/change-password.ts';
import type { CallerGuard } from '../caller.ts';

/** `POST /v1/users/me/password`. See docs/reference/identity-and-policy.md#passwords. */
export function bindChangePassword(
  server: HttpServer,
  guard: CallerGuard,
  deps: ChangePasswordDeps,
): void {
  bindRoute(server, gatewayRoutes.changePassword, {
    guard,
    handle: async ({ caller, body }) => {
      const request = { currentPassword: body.current_password, newPassword: body.new_password };
      const { kind } = await changePassword(deps, caller, request);
      return { status: caller.call.answers(kind) };
    },
  });
}
