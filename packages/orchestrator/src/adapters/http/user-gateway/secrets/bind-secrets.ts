import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import { deleteSecret } from '../../../../app/secrets/delete-secret.ts';
import { listSecrets } from '../../../../app/secrets/list-secrets.ts';
import { putSecret } from '../../../../app/secrets/put-secret.ts';
import type { SecretsDeps } from '../../../../app/secrets/secrets-deps.ts';
import type { CallerGuard } from '../caller.ts';

/** Serves the caller's own secrets for jobs. See docs/reference/sandbox.md#secrets. */
export function bindSecrets(server: HttpServer, guard: CallerGuard, deps: SecretsDeps): void {
  bindRoute(server, gatewayRoutes.listSecrets, {
    guard,
    handle: async ({ caller }) => ({
      status: 200,
      body: { secrets: await listSecrets(deps, caller.actor) },
    }),
  });
  bindRoute(server, gatewayRoutes.putSecret, {
    guard,
    handle: async ({ caller, params, body }) => {
      const { kind, value } = await putSecret(deps, caller, params.name, body.value);
      return { status: caller.call.answers(kind), body: value };
    },
  });
  bindRoute(server, gatewayRoutes.deleteSecret, {
    guard,
    handle: async ({ caller, params }) => {
      const { kind } = await deleteSecret(deps, caller, params.name);
      return { status: caller.call.answers(kind), body: { deleted: true as const } };
    },
  });
}
