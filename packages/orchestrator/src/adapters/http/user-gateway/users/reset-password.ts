import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import { type ResetPasswordDeps, resetPassword } from '../../../../app/users/reset-password.ts';
import type { CallerGuard } from '../caller.ts';
import { manageCall } from '../manage-call.ts';

/** `POST /v1/users/{id}/reset_password`. Contract 04 section 4.5. */
export function bindResetPassword(
  server: HttpServer,
  guard: CallerGuard,
  deps: ResetPasswordDeps,
): void {
  bindRoute(server, gatewayRoutes.resetPassword, {
    guard,
    handle: async ({ caller, headers, params, body }) => {
      const request = { userId: params.id, newPassword: body.new_password };
      await resetPassword(deps, manageCall(caller, headers), request);
      caller.call.written = true;
      return { status: 204 };
    },
  });
}
