import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import type { RunOnceDeps } from '../../../../app/idempotency/run-once.ts';
import { createUser } from '../../../../app/users/create-user.ts';
import type { UserAdminDeps } from '../../../../app/users/user-admin.ts';
import { actorId } from '../../../../domain/identity/actor.ts';
import type { CallerGuard } from '../caller.ts';
import { idempotencyKey } from '../idempotency-key.ts';

const route = gatewayRoutes.createUser;

export interface CreateUserParts extends UserAdminDeps, RunOnceDeps {
  /**
   * Hash of a body that holds a secret, under a key of the server.
   * See docs/reference/http.md#idempotency.
   */
  readonly hashSecretBody: (body: unknown) => Buffer;
}

/** `POST /v1/users`. See docs/reference/identity-and-policy.md#user-administration. */
export function bindCreateUser(
  server: HttpServer,
  guard: CallerGuard,
  deps: CreateUserParts,
): void {
  bindRoute(server, route, {
    guard,
    handle: async ({ caller, body: request, headers }) => {
      const key = idempotencyKey(headers['idempotency-key']);
      const idempotent = key !== undefined && {
        caller: actorId(caller.actor),
        method: route.method,
        path: route.path,
        key,
        bodyHash: deps.hashSecretBody(request),
      };
      const { kind, value: user } = await createUser(
        deps,
        caller,
        request,
        idempotent || undefined,
      );
      caller.call.resourceId = user.id;
      return {
        status: caller.call.answers(kind),
        body: user,
        headers: { location: `/v1/users/${user.id}` },
      };
    },
  });
}
