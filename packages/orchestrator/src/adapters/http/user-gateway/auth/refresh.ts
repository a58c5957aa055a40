import { gatewayRoutes } from '@cynodeai/contracts';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import { type RefreshDeps, refreshSession } from '../../../../app/auth/refresh-session.ts';
import type { SlidingWindow } from '../../../../domain/identity/sliding-window.ts';
import { addressLimit } from './address-limit.ts';
import { clientContext, noStore } from './client-context.ts';

/** `POST /v1/auth/refresh`. Contract 04 sections 4.1, 4.2. */
export function bindRefresh(server: HttpServer, deps: RefreshDeps, byAddress: SlidingWindow): void {
  bindRoute(server, gatewayRoutes.refresh, {
    guard: addressLimit(byAddress, deps.clock, async () => {}),
    handle: async (call) => ({
      status: 200,
      body: await refreshSession(deps, call.body.refresh_token, clientContext(call)),
      headers: noStore,
    }),
  });
}
