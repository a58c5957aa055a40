import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import {
  type ReadAuditDeps,
  getAuditEvent,
  listAuditEvents,
} from '../../../../app/audit/read-audit-events.ts';
import type { CallerGuard } from '../caller.ts';

/** Serves what the audit logs tell. See docs/reference/identity-and-policy.md#audit. */
export function bindAudit(server: HttpServer, guard: CallerGuard, deps: ReadAuditDeps): void {
  bindRoute(server, gatewayRoutes.listAuditEvents, {
    guard,
    handle: async ({ caller, query }) => ({
      status: 200,
      body: await listAuditEvents(deps, caller.actor, query),
    }),
  });
  bindRoute(server, gatewayRoutes.getAuditEvent, {
    guard,
    handle: async ({ caller, params }) => ({
      status: 200,
      body: await getAuditEvent(deps, caller.actor, params.id),
    }),
  });
}
