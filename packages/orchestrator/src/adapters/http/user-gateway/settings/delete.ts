import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import { deleteSetting } from '../../../../app/settings/delete-setting.ts';
import type { WriteSettingsDeps } from '../../../../app/settings/settings-deps.ts';
import type { CallerGuard } from '../caller.ts';

/** `DELETE /v1/settings/{key}`. See docs/reference/settings.md#system-settings. */
export function bindDeleteSetting(
  server: HttpServer,
  guard: CallerGuard,
  deps: WriteSettingsDeps,
): void {
  bindRoute(server, gatewayRoutes.deleteSetting, {
    guard,
    handle: async ({ caller, params, query }) => {
      const { kind } = await deleteSetting(deps, caller, params.key, query);
      return { status: caller.call.answers(kind), body: { deleted: true as const } };
    },
  });
}
