import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import { getUser } from '../../../../app/users/get-user.ts';
import type { UserReader } from '../../../../ports/users.ts';
import type { CallerGuard } from '../caller.ts';

/** `GET /v1/users/{id}`. See docs/reference/identity-and-policy.md#user-administration. */
export function bindGetUser(
  server: HttpServer,
  guard: CallerGuard,
  users: Pick<UserReader, 'find'>,
): void {
  bindRoute(server, gatewayRoutes.getUser, {
    guard,
    handle: async ({ caller, params }) => ({
      status: 200,
      body: await getUser(users, caller.actor, params.id),
    }),
  });
}
