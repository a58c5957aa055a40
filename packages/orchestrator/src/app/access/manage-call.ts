import type { Principal } from '../../domain/identity/principal.ts';
import type { GatewayAuditRow } from '../../ports/audit.ts';
import type { ClientContext } from '../../ports/identity.ts';
import { type CallContext, auditRow } from '../audit/call-context.ts';

/** A call that changes users or grants. */
export interface ManageCall extends CallContext {
  readonly principal: Principal;
  readonly userAgent: string | undefined;
}

/** Where the call came from, for `auth_audit_log`. */
export function clientOf(call: ManageCall): ClientContext {
  return { ip: call.ip, userAgent: call.userAgent };
}

/** The caller as columns such as `updated_by` name them. Contract 02 section 1. */
export function actorOf(principal: Principal): string {
  return `user:${principal.userId}`;
}

/** The row of `gateway_audit_log` about a change that was made; `operation` tells changes of one action apart. */
export function changeRow(
  call: ManageCall,
  change: {
    readonly operation: string;
    readonly statusCode: number;
    readonly on:
      | { readonly type: 'user'; readonly id: string }
      | { readonly type: 'role_binding'; readonly id: string; readonly projectId?: string };
  },
  at: Date,
): GatewayAuditRow {
  const { operation, statusCode, on } = change;
  return auditRow(
    call,
    call.principal,
    {
      action: on.type === 'user' ? 'user.manage' : 'rbac.manage',
      resourceType: on.type,
      resourceId: on.id,
      projectId: on.type === 'user' ? undefined : on.projectId,
      statusCode,
      details: { operation },
    },
    at,
  );
}
