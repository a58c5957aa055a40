import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import { putSetting } from '../../../../app/settings/put-setting.ts';
import type { WriteSettingsDeps } from '../../../../app/settings/settings-deps.ts';
import type { CallerGuard } from '../caller.ts';

/**
 * `PUT /v1/settings/{key}`: 201 for a new setting, 200 for a new version.
 * See docs/reference/settings.md#system-settings.
 */
export function bindPutSetting(
  server: HttpServer,
  guard: CallerGuard,
  deps: WriteSettingsDeps,
): void {
  bindRoute(server, gatewayRoutes.putSetting, {
    guard,
    handle: async ({ caller, params, body }) => {
      const { kind, value } = await putSetting(deps, caller, params.key, body);
      return { status: caller.call.answers(kind), body: value };
    },
  });
}
