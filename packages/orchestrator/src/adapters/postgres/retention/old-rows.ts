import { type Kysely, sql } from 'kysely';
import type { OldRows, RemovedBatch } from '../../../ports/retention.ts';
import { readSettings } from '../settings/read-settings.ts';
import type { Database } from '../tables.ts';

const batchRows = 1000;
/** A batch that takes longer is given up and tried again at the next turn, ms. */
const statementMs = 5000;

/** Column that says when a row of a log was written. */
const timeOf: Readonly<Record<string, 'created_at' | 'changed_at'>> = {
  gateway_audit_log: 'created_at',
  auth_audit_log: 'created_at',
  access_control_audit_log: 'created_at',
  preference_audit_log: 'changed_at',
  system_settings_audit_log: 'changed_at',
  mcp_tool_call_audit_log: 'created_at',
  chat_audit_log: 'created_at',
  skill_audit_log: 'created_at',
  api_egress_call_log: 'created_at',
  secure_browser_fetch_log: 'created_at',
  model_routing_decisions: 'created_at',
};

/** Runs one batch; rows that somebody else holds are left out, so that nobody waits for anybody. */
async function batch(
  db: Kysely<Database>,
  statement: ReturnType<typeof sql>,
): Promise<RemovedBatch> {
  return db.transaction().execute(async (trx) => {
    await sql`set local statement_timeout = ${sql.lit(statementMs)}`.execute(trx);
    const { numAffectedRows } = await statement.execute(trx);
    const removed = Number(numAffectedRows ?? 0);
    return { removed, more: removed === batchRows };
  });
}

function removeAudit(db: Kysely<Database>, log: string, before: Date): Promise<RemovedBatch> {
  const table = sql.table(log);
  const at = sql.ref(timeOf[log] ?? 'created_at');
  // A log that is sealed goes by whole sealed ranges, which is the sealer's work.
  return batch(
    db,
    sql`delete from ${table} where id in (
          select id from ${table}
           where ${at} < ${before} and not exists (select 1 from audit_seals where table_name = ${log})
           order by ${at} limit ${sql.lit(batchRows)} for update skip locked)`,
  );
}

/** Numbers rise with time: the first event that is not old ends the search. */
function removeEvents(db: Kysely<Database>, before: Date): Promise<RemovedBatch> {
  return batch(
    db,
    sql`delete from task_events where seq in (
          select e.seq from task_events e join tasks t on t.id = e.task_id
           where e.seq < coalesce(
                   (select seq from task_events where created_at >= ${before} order by seq limit 1),
                   9223372036854775807)
             and t.closed and t.ended_at < ${before}
           order by e.seq limit ${sql.lit(batchRows)} for update of e skip locked)`,
  );
}

/** Old rows in PostgreSQL. See docs/reference/settings.md#retention. */
export function postgresOldRows(db: Kysely<Database>): OldRows {
  return {
    settings: (keys) => readSettings(db, keys),
    auditLogs: Object.keys(timeOf),
    removeAudit: (log, before) => removeAudit(db, log, before),
    removeEvents: (before) => removeEvents(db, before),
  };
}
