import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import { type ReadSettingsDeps, listSettings } from '../../../../app/settings/list-settings.ts';
import type { CallerGuard } from '../caller.ts';

/** `GET /v1/settings`. See docs/reference/settings.md#system-settings. */
export function bindListSettings(
  server: HttpServer,
  guard: CallerGuard,
  deps: ReadSettingsDeps,
): void {
  bindRoute(server, gatewayRoutes.listSettings, {
    guard,
    handle: async ({ caller, query }) => ({
      status: 200,
      body: await listSettings(deps, caller.actor, query),
    }),
  });
}
