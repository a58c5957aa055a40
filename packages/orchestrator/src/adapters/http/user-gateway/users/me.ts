import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import { systemRoles } from '../../../../domain/identity/principal.ts';
import type { CallerGuard } from '../caller.ts';

/** `GET /v1/users/me`; roles are the caller's system roles. Contract 04 section 4.2. */
export function bindMe(server: HttpServer, guard: CallerGuard): void {
  bindRoute(server, gatewayRoutes.me, {
    guard,
    handle: ({ caller: { principal, call } }) => {
      call.resourceId = principal.userId;
      const body = {
        id: principal.userId,
        handle: principal.handle,
        ...(principal.email !== undefined && { email: principal.email }),
        is_active: true,
        roles: [...systemRoles(principal)],
        group_ids: [...principal.groupIds],
        ...(principal.defaultProjectId !== undefined && {
          default_project_id: principal.defaultProjectId,
        }),
        created_at: principal.createdAt.toISOString(),
      };
      return { status: 200, body };
    },
  });
}
