import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import { type LoginDeps, login } from '../../../../app/auth/login.ts';
import { admitLogin } from '../../../../app/auth/throttle.ts';
import { clientContext } from './client-context.ts';

/**
 * `POST /v1/auth/login`; an address with too many attempts is refused before the body is read.
 * See docs/reference/identity-and-policy.md#sessions.
 */
export function bindLogin(server: HttpServer, deps: LoginDeps): void {
  bindRoute(server, gatewayRoutes.login, {
    guard: (request) => admitLogin(deps.throttle, clientContext(request)),
    handle: async (call) => ({
      status: 200,
      body: await login(deps, call.body, clientContext(call)),
    }),
  });
}
