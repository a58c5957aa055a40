import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import { deleteSetting } from '../../../../app/settings/delete-setting.ts';
import type { WriteSettingsDeps } from '../../../../app/settings/settings-deps.ts';
import type { CallerGuard } from '../caller.ts';
import { manageCall } from '../manage-call.ts';

/** `DELETE /v1/settings/{key}`. Contract 04 section 7. */
export function bindDeleteSetting(
  server: HttpServer,
  guard: CallerGuard,
  deps: WriteSettingsDeps,
): void {
  bindRoute(server, gatewayRoutes.deleteSetting, {
    guard,
    handle: async ({ caller, headers, params, query }) => {
      await deleteSetting(deps, manageCall(caller, headers), params.key, query);
      caller.call.written = true;
      return { status: 200, body: { deleted: true as const } };
    },
  });
}
