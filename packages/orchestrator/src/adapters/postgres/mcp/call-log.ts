import { storableText } from '@cynodeai/runtime/std';
import { type Kysely, type RawBuilder, type Transaction, sql } from 'kysely';
import { allRoleNames } from '../../../domain/identity/active-user.ts';
import { agentSubjectIds } from '../../../domain/policy/access-rule.ts';
import type { CallEnd, CallLog, CallRow } from '../../../ports/mcp.ts';
import type { ToolEffects } from '../../../ports/tool-effects.ts';
import type { Executor } from '../database.ts';
import type { Database } from '../tables.ts';

/** A row that is open reads as if the call had been interrupted. */
const interrupted = {
  decision: 'allow',
  errorType: 'interrupted',
  durationMs: undefined,
  completedAt: undefined,
} as const;

type StoredEnd = CallEnd | typeof interrupted;

/** One row for one call: a second try of the same row is no second one. */
function inserted(row: CallRow, end: StoredEnd): RawBuilder<unknown> {
  const { user, agent } = row.caller;
  return sql`
    insert into mcp_tool_call_audit_log (id, created_at, completed_at, task_id, project_id, run_id, job_id, user_id,
      subject_type, subject_id, group_ids, role_names, tool_name, decision, status, duration_ms, error_type, agent_type,
      request_id, rule_id, reason)
    values (${row.id}::uuid, ${row.receivedAt}, ${end.completedAt ?? null}, ${row.taskId ?? null}::uuid,
      ${row.projectId ?? null}::uuid, ${row.runId ?? null}::uuid, ${row.jobId ?? null}::uuid,
      ${user?.userId ?? null}::uuid, 'agent', ${agentSubjectIds[agent]}::uuid,
      ${JSON.stringify(user?.groupIds ?? [])}::jsonb, ${JSON.stringify(user === undefined ? [] : allRoleNames(user))}::jsonb,
      ${storableText(row.tool)}, ${end.decision}, ${end.errorType === undefined ? 'success' : 'error'},
      ${end.durationMs ?? null}, ${end.errorType ?? null}, ${agent}, ${row.requestId}, ${row.ruleId ?? null}::uuid,
      ${row.reason ?? null})
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
  return {
    insert: async (row, end) => void (await inserted(row, end).execute(db)),
    open: async (row) => void (await inserted(row, interrupted).execute(db)),
    complete: (id, end) => complete(db, id, end),
    commit: (row, effect, endOf) =>
      db.transaction().execute(async (trx) => {
        const outcome = await attempted(trx, () => effect(effectsOf(trx)));
        await inserted(row, endOf(outcome.ok ? undefined : outcome.error)).execute(trx);
        return outcome;
      }),
  };
}
