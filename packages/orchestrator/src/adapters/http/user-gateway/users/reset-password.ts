import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import { type ResetPasswordDeps, resetPassword } from '../../../../app/users/reset-password.ts';
import type { CallerGuard } from '../caller.ts';

/**
 * `POST /v1/users/{id}/reset_password`.
 * See docs/reference/identity-and-policy.md#user-administration.
 */
export function bindResetPassword(
  server: HttpServer,
  guard: CallerGuard,
  deps: ResetPasswordDeps,
): void {
  bindRoute(server, gatewayRoutes.resetPassword, {
    guard,
    handle: async ({ caller, params, body }) => {
      const request = { userId: params.id, newPassword: body.new_password };
      const { kind } = await resetPassword(deps, caller, request);
      return { status: caller.call.answers(kind) };
    },
  });
}
