import { gatewayRoutes } from '@cynodeai/contracts';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import { type LoginDeps, login } from '../../../../app/auth/login.ts';
import type { SlidingWindow } from '../../../../domain/identity/sliding-window.ts';
import { addressLimit } from './address-limit.ts';
import { clientContext, noStore } from './client-context.ts';

/** `POST /v1/auth/login`. Contract 04 section 4.2. */
export function bindLogin(server: HttpServer, deps: LoginDeps, byAddress: SlidingWindow): void {
  bindRoute(server, gatewayRoutes.login, {
    guard: addressLimit(byAddress, deps.clock, (request, at) =>
      deps.identity.recordLoginFailure({
        reason: 'rate_limited',
        client: clientContext(request),
        at,
      }),
    ),
    handle: async (call) => ({
      status: 200,
      body: await login(deps, call.body, clientContext(call)),
      headers: noStore,
    }),
  });
}
