import { type User, gatewayRoutes, userSchema } from '@cynodeai/contracts/gateway';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import type { RunOnceDeps } from '../../../../app/idempotency/run-once.ts';
import { createUser } from '../../../../app/users/create-user.ts';
import type { UserAdminDeps } from '../../../../app/users/user-admin.ts';
import type { CallerGuard } from '../caller.ts';
import { idempotencyKey } from '../idempotency-key.ts';
import { manageCall } from '../manage-call.ts';

const route = gatewayRoutes.createUser;

export interface CreateUserParts extends UserAdminDeps, RunOnceDeps {
  /** Hash of a body that holds a secret, under a key of the server. Contract 02 section 9. */
  readonly hashSecretBody: (body: unknown) => Buffer;
}

/** `POST /v1/users`. Contract 04 section 4.5. */
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
        caller: `user:${caller.principal.userId}`,
        method: route.method,
        path: route.path,
        key,
        bodyHash: deps.hashSecretBody(request),
      };
      const call = { ...manageCall(caller, headers), request };
      const outcome = await createUser(deps, call, idempotent || undefined);
      const isDone = outcome.kind === 'done';
      const user: User = isDone ? outcome.value : userSchema.parse(outcome.body);
      caller.call.written = isDone;
      caller.call.resourceId = user.id;
      return { status: 201, body: user, headers: { location: `/v1/users/${user.id}` } };
    },
  });
}
