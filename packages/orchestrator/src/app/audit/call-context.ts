import type { Principal } from '../../domain/identity/principal.ts';
import { allRoleNames } from '../../domain/identity/principal.ts';
import type { GatewayAuditRow } from '../../ports/audit.ts';

/** What an audit row says about the call itself. */
export interface CallContext {
  readonly requestId: string;
  readonly ip: string;
  /** Milliseconds since the request arrived. */
  readonly elapsedMs: () => number;
}

/** What a call did, for its audit row. */
export interface AuditedAction {
  readonly action: string;
  readonly resourceType: string;
  readonly resourceId: string | undefined;
  readonly projectId: string | undefined;
  readonly statusCode: number;
  readonly details?: Readonly<Record<string, unknown>>;
}

const refusals = new Set([401, 403, 404, 429]);

/** The audit row of a call; an answer that hides or refuses something is a denial. Contract 04 section 2.2. */
export function auditRow(
  call: CallContext,
  principal: Principal | undefined,
  done: AuditedAction,
  at: Date,
): GatewayAuditRow {
  return {
    at,
    requestId: call.requestId,
    userId: principal?.userId,
    groupIds: principal?.groupIds,
    roleNames: principal && allRoleNames(principal),
    projectId: done.projectId,
    action: done.action,
    resourceType: done.resourceType,
    resourceId: done.resourceId,
    decision: refusals.has(done.statusCode) ? 'deny' : 'allow',
    statusCode: done.statusCode,
    ip: call.ip,
    durationMs: Math.round(call.elapsedMs()),
    ...(done.details && { details: done.details }),
  };
}
