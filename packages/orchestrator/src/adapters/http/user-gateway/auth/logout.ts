import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type HttpServer, anyone, bindRoute } from '@cynodeai/runtime/http';
import { type LogoutDeps, logout } from '../../../../app/auth/logout.ts';
import { bearerToken } from '../bearer.ts';
import { clientContext } from './client-context.ts';

/**
 * `POST /v1/auth/logout`; it checks its tokens itself, since either one is enough.
 * See docs/reference/identity-and-policy.md#sessions.
 */
export function bindLogout(server: HttpServer, deps: LogoutDeps): void {
  bindRoute(server, gatewayRoutes.logout, {
    guard: anyone,
    handle: async (call) => {
      const tokens = {
        accessToken: bearerToken(call.headers.authorization),
        refreshToken: call.body.refresh_token,
      };
      await logout(deps, tokens, clientContext(call));
      return { status: 204 };
    },
  });
}
