import { limits } from '@cynodeai/contracts/common';
import type { Insertable } from 'kysely';
import type { GatewayAuditLog, GatewayAuditRow } from '../../../ports/audit.ts';
import type { Executor } from '../database.ts';
import type { GatewayAuditLogTable } from '../tables/audit.ts';
import { inetOf } from './inet.ts';

const jsonOrNull = (value: unknown): string | null =>
  value === undefined ? null : JSON.stringify(value);

function columnsOf(row: GatewayAuditRow): Insertable<GatewayAuditLogTable> {
  return {
    created_at: row.at,
    request_id: row.requestId,
    user_id: row.userId ?? null,
    group_ids: jsonOrNull(row.groupIds),
    role_names: jsonOrNull(row.roleNames),
    scope_type: row.projectId === undefined ? null : 'project',
    scope_id: row.projectId ?? null,
    action: row.action,
    resource_type: row.resourceType,
    resource_id: row.resourceId?.slice(0, limits.indexedTextChars) ?? null,
    decision: row.decision,
    status_code: row.statusCode,
    ip_address: inetOf(row.ip),
    duration_ms: row.durationMs,
    details: jsonOrNull(row.details),
  };
}

/** The gateway's audit log in PostgreSQL; append-only. Contract 02 section 15. */
export function postgresGatewayAudit(db: Executor): GatewayAuditLog {
  return {
    append: async (rows) => {
      if (rows.length > 0) {
        await db.insertInto('gateway_audit_log').values(rows.map(columnsOf)).execute();
      }
    },
  };
}
