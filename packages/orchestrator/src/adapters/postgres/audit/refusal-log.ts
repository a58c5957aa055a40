import { type RawBuilder, sql } from 'kysely';
import type { CountedRefusal, RefusedCall, RefusedEntry } from '../../../domain/audit/refusal.ts';
import type { RefusalLog } from '../../../ports/refusals.ts';
import type { Executor } from '../database.ts';
import { userAgentOf } from './auth-audit.ts';

const isCall = (row: CountedRefusal): row is CountedRefusal<RefusedCall> =>
  row.first.log === 'gateway';
const isEntry = (row: CountedRefusal): row is CountedRefusal<RefusedEntry> =>
  row.first.log === 'auth';

/** Rows as `jsonb_to_recordset` takes them, in the order of their keys, so that two processes do not deadlock. */
function recordsOf<Row extends CountedRefusal>(
  rows: readonly Row[],
  columns: (row: Row) => Readonly<Record<string, unknown>>,
): string {
  const ordered = rows.toSorted((one, other) => (one.key < other.key ? -1 : 1));
  return JSON.stringify(
    ordered.map((row) => ({
      ...columns(row),
      created_at: row.first.at.toISOString(),
      ip_address: row.address,
      group_key: row.key,
      call_count: row.count,
      last_at: row.lastAt.toISOString(),
    })),
  );
}

function callColumns({ first }: CountedRefusal<RefusedCall>): Readonly<Record<string, unknown>> {
  return {
    request_id: first.requestId,
    action: first.action,
    resource_type: first.resource,
    decision: first.decision,
    status_code: first.statusCode,
    duration_ms: first.durationMs,
    details: { operation: first.operation },
  };
}

function entryColumns({ first }: CountedRefusal<RefusedEntry>): Readonly<Record<string, unknown>> {
  return {
    event_type: first.event,
    user_id: first.userId,
    subject_handle: first.subject,
    user_agent: userAgentOf(first),
    reason: first.reason,
  };
}

/** What a count adds to the row that is there; a column that not all of them share becomes null. */
function added(table: string, shared: readonly string[]): RawBuilder<unknown> {
  const kept = sql.id(table);
  const columns = shared.map(
    (name) =>
      sql`${sql.id(name)} = case when ${kept}.${sql.id(name)} = excluded.${sql.id(name)} then ${kept}.${sql.id(name)} end`,
  );
  const counts = [
    sql`call_count = ${kept}.call_count + excluded.call_count`,
    sql`last_at = greatest(${kept}.last_at, excluded.last_at)`,
  ];
  return sql`on conflict (group_key) where group_key is not null do update set ${sql.join([...counts, ...columns])}`;
}

const addedCall = added('gateway_audit_log', ['ip_address']);
const addedEntry = added('auth_audit_log', [
  'ip_address',
  'user_id',
  'subject_handle',
  'user_agent',
]);

/** Counted refusals in PostgreSQL. See docs/reference/database.md#audit-tables. */
export function postgresRefusalLog(db: Executor): RefusalLog {
  return {
    add: async (refusals) => {
      const calls = recordsOf(refusals.filter(isCall), callColumns);
      const entries = recordsOf(refusals.filter(isEntry), entryColumns);
      await sql`
        with counted_calls as (
          insert into gateway_audit_log (created_at, request_id, action, resource_type, decision, status_code,
            ip_address, duration_ms, details, group_key, call_count, last_at)
          select * from jsonb_to_recordset(${calls}::jsonb) as added (
            created_at timestamptz, request_id text, action text, resource_type text, decision text, status_code int,
            ip_address inet, duration_ms int, details jsonb, group_key text, call_count int, last_at timestamptz)
          ${addedCall}
        )
        insert into auth_audit_log (created_at, event_type, user_id, subject_handle, success, ip_address, user_agent,
          reason, group_key, call_count, last_at)
        select created_at, event_type, user_id, subject_handle, false, ip_address, user_agent,
               reason, group_key, call_count, last_at
          from jsonb_to_recordset(${entries}::jsonb) as added (
            created_at timestamptz, event_type text, user_id uuid, subject_handle text, ip_address inet,
            user_agent text, reason text, group_key text, call_count int, last_at timestamptz)
        ${addedEntry}`.execute(db);
    },
  };
}
