import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import { getSetting } from '../../../../app/settings/get-setting.ts';
import type { ReadSettingsDeps } from '../../../../app/settings/list-settings.ts';
import type { CallerGuard } from '../caller.ts';

/** `GET /v1/settings/{key}`. See docs/reference/settings.md#system-settings. */
export function bindGetSetting(
  server: HttpServer,
  guard: CallerGuard,
  deps: ReadSettingsDeps,
): void {
  bindRoute(server, gatewayRoutes.getSetting, {
    guard,
    handle: async ({ caller, params }) => ({
      status: 200,
      body: await getSetting(deps, caller.actor, params.key),
    }),
  });
}
