import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import type { LoginDeps } from '../../../../app/auth/login.ts';
import { type RefreshDeps, refreshSession } from '../../../../app/auth/refresh-session.ts';
import { admitRefresh } from '../../../../app/auth/throttle.ts';
import { clientContext } from './client-context.ts';

/** `POST /v1/auth/refresh`. See docs/reference/identity-and-policy.md. */
export function bindRefresh(
  server: HttpServer,
  deps: RefreshDeps & Pick<LoginDeps, 'throttle'>,
): void {
  bindRoute(server, gatewayRoutes.refresh, {
    guard: (request) => admitRefresh(deps.throttle, clientContext(request)),
    handle: async (call) => ({
      status: 200,
      body: await refreshSession(deps, call.body.refresh_token, clientContext(call)),
    }),
  });
}
