import { limits } from '@cynodeai/contracts/common';
import { storableText } from '@cynodeai/runtime/std';
import { type RawBuilder, sql } from 'kysely';
import type { GatewayAuditLog, GatewayAuditRow } from '../../../ports/audit.ts';
import type { Executor } from '../database.ts';
import { inetOf } from './inet.ts';

/** A row as `jsonb_to_recordset` takes it; what is undefined becomes null. */
function columnsOf(row: GatewayAuditRow): Readonly<Record<string, unknown>> {
  return {
    created_at: row.at.toISOString(),
    request_id: row.requestId,
    user_id: row.userId,
    group_ids: row.groupIds,
    role_names: row.roleNames,
    scope_type: row.projectId === undefined ? undefined : 'project',
    scope_id: row.projectId,
    action: row.action,
    resource_type: row.resourceType,
    // Cut first: a cut may leave half of a surrogate pair.
    resource_id: row.resourceId && storableText(row.resourceId.slice(0, limits.indexedTextChars)),
    decision: row.decision,
    status_code: row.statusCode,
    ip_address: inetOf(row.ip),
    duration_ms: row.durationMs,
    details: row.details,
  };
}

/**
 * SQL that appends rows where `where` holds: one text for any number of rows, so that it stays prepared, and for
 * statements that change something beside it.
 */
export function gatewayAuditInsert(
  rows: readonly GatewayAuditRow[],
  where: RawBuilder<unknown> = sql`true`,
): RawBuilder<unknown> {
  return sql`
    insert into gateway_audit_log (created_at, request_id, user_id, group_ids, role_names, scope_type, scope_id,
      action, resource_type, resource_id, decision, status_code, ip_address, duration_ms, details)
    select * from jsonb_to_recordset(${JSON.stringify(rows.map(columnsOf))}::jsonb) as added (
      created_at timestamptz, request_id text, user_id uuid, group_ids jsonb, role_names jsonb, scope_type text,
      scope_id uuid, action text, resource_type text, resource_id text, decision text, status_code int,
      ip_address inet, duration_ms int, details jsonb)
     where ${where}`;
}

/**
 * The gateway's audit log in PostgreSQL; append-only. See docs/reference/database.md#audit-tables.
 */
export function postgresGatewayAudit(db: Executor): GatewayAuditLog {
  return {
    append: async (rows) => {
      if (rows.length > 0) await gatewayAuditInsert(rows).execute(db);
    },
  };
}
