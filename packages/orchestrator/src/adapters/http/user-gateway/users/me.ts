import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import { systemRoles } from '../../../../domain/identity/active-user.ts';
import type { CallerGuard } from '../caller.ts';

/**
 * `GET /v1/users/me`; roles are the caller's system roles.
 * See docs/reference/identity-and-policy.md#sessions.
 */
export function bindMe(server: HttpServer, guard: CallerGuard): void {
  bindRoute(server, gatewayRoutes.me, {
    guard,
    handle: ({ caller: { actor, call } }) => {
      call.resourceId = actor.userId;
      const body = {
        id: actor.userId,
        handle: actor.handle,
        ...(actor.email !== undefined && { email: actor.email }),
        is_active: true,
        roles: [...systemRoles(actor)],
        group_ids: [...actor.groupIds],
        ...(actor.defaultProject !== undefined && {
          default_project_id: actor.defaultProject.id,
        }),
        created_at: actor.createdAt.toISOString(),
      };
      return { status: 200, body };
    },
  });
}
