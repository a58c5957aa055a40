import { storableText } from '@cynodeai/runtime/std';
import { type Kysely, type RawBuilder, type Transaction, sql } from 'kysely';
import { allRoleNames } from '../../../domain/identity/active-user.ts';
import { agentSubjectIds } from '../../../domain/policy/access-rule.ts';
import type { CallEnd, CallLog, CallRow } from '../../../ports/mcp.ts';
import type { ToolEffects } from '../../../ports/tool-effects.ts';
import type { Executor } from '../database.ts';
import { GroupedWrites } from '../grouped-writes.ts';
import { holdContext } from './leased-contexts.ts';
import type { Database } from '../tables.ts';

/** Most rows of one statement. */
const maxRows = 100;

/** A row that is open reads as if the call had been interrupted. */
const interrupted = {
  decision: 'allow',
  errorType: 'interrupted',
  durationMs: undefined,
  completedAt: undefined,
} as const;

type StoredEnd = CallEnd | typeof interrupted;

interface NewRow {
  readonly row: CallRow;
  readonly end: StoredEnd;
}

/** A row by the names of its columns. */
function columnsOf({ row, end }: NewRow) {
  const { user, agent } = row.caller;
  return {
    id: row.id,
    created_at: row.receivedAt,
    completed_at: end.completedAt,
    task_id: row.taskId,
    project_id: row.projectId,
    run_id: row.runId,
    job_id: row.jobId,
    user_id: user?.userId,
    subject_id: agentSubjectIds[agent],
    group_ids: user?.groupIds ?? [],
    role_names: user === undefined ? [] : allRoleNames(user),
    tool_name: storableText(row.tool),
    decision: end.decision,
    status: end.errorType === undefined ? 'success' : 'error',
    duration_ms: end.durationMs,
    error_type: end.errorType,
    agent_type: agent,
    request_id: row.requestId,
    rule_id: row.ruleId,
    reason: row.reason,
  };
}

/** One row for each call, in one statement of one shape: a second try of the same row is no second one. */
function inserted(rows: readonly NewRow[]): RawBuilder<unknown> {
  return sql`
    insert into mcp_tool_call_audit_log (id, created_at, completed_at, task_id, project_id, run_id, job_id, user_id,
      subject_type, subject_id, group_ids, role_names, tool_name, decision, status, duration_ms, error_type, agent_type,
      request_id, rule_id, reason)
    select id, created_at, completed_at, task_id, project_id, run_id, job_id, user_id, 'agent', subject_id, group_ids,
           role_names, tool_name, decision, status, duration_ms, error_type, agent_type, request_id, rule_id, reason
      from jsonb_to_recordset(${JSON.stringify(rows.map(columnsOf))}::jsonb) as row (
        id uuid, created_at timestamptz, completed_at timestamptz, task_id uuid, project_id uuid, run_id uuid,
        job_id uuid, user_id uuid, subject_id uuid, group_ids jsonb, role_names jsonb, tool_name text, decision text,
        status text, duration_ms int, error_type text, agent_type text, request_id text, rule_id uuid, reason text)
    on conflict (id) do nothing`;
}

async function complete(db: Executor, id: string, end: CallEnd): Promise<boolean> {
  const { numAffectedRows = 0n } = await sql`
    update mcp_tool_call_audit_log
       set completed_at = ${end.completedAt}, decision = ${end.decision},
           status = ${end.errorType === undefined ? 'success' : 'error'}, error_type = ${end.errorType ?? null},
           duration_ms = ${end.durationMs}
     where id = ${id}::uuid and completed_at is null`.execute(db);
  return numAffectedRows === 1n;
}

/** What an effect came to, in a transaction that goes on either way. */
async function attempted<T>(
  trx: Transaction<Database>,
  effect: () => Promise<T>,
): Promise<
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown }
> {
  await sql`savepoint effect`.execute(trx);
  try {
    return { ok: true, value: await effect() };
  } catch (error) {
    await sql`rollback to savepoint effect`.execute(trx);
    return { ok: false, error: error ?? new Error('the effect failed') };
  }
}

/**
 * Rows of calls in PostgreSQL. See docs/reference/mcp.md#audit.
 * @param effectsOf what a tool may change, in a transaction
 */
export function postgresCallLog(
  db: Kysely<Database>,
  effectsOf: (trx: Transaction<Database>) => ToolEffects,
): CallLog {
  const rows = new GroupedWrites<NewRow>(
    async (group) => void (await inserted(group).execute(db)),
    maxRows,
  );
  return {
    insert: (row, end) => rows.write({ row, end }),
    open: (row) => rows.write({ row, end: interrupted }),
    complete: (id, end) => complete(db, id, end),
    commit: (row, effect, endOf) =>
      db.transaction().execute(async (trx) => {
        const outcome = await attempted(trx, async () => {
          const { contextId } = row.caller;
          if (contextId !== undefined) await holdContext(trx, contextId);
          return effect(effectsOf(trx));
        });
        const end = endOf(outcome.ok ? undefined : outcome.error);
        await inserted([{ row, end }]).execute(trx);
        return outcome;
      }),
  };
}
