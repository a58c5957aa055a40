import { type Transaction, sql } from 'kysely';
import { ToolRefusal } from '../../../domain/mcp/tool-refusal.ts';
import type { Database } from '../tables.ts';

/** SQL: a context `c` of a workflow counts as long as the lease lives that it came with. */
export const isLeased = sql`(c.lease_id is null or exists (
  select from task_workflow_leases l where l.task_id = c.task_id and l.lease_id = c.lease_id
     and l.holder_id is not null and l.expires_at > clock_timestamp()))`;

/**
 * Holds a caller's context until the transaction ends, in the order in which leases are taken: the task first. What a
 * runner sent under a lease that is over by then is refused, however late it comes.
 * @throws ToolRefusal `context_missing`
 */
export async function holdContext(trx: Transaction<Database>, contextId: string): Promise<void> {
  await sql`
    select from tasks where id = (select task_id from agent_run_contexts where id = ${contextId}::uuid)
       for no key update`.execute(trx);
  const { rows } = await sql`
    select 1 from agent_run_contexts c where c.id = ${contextId}::uuid and ${isLeased}`.execute(
    trx,
  );
  if (rows.length === 0) {
    throw new ToolRefusal(
      'context_missing',
      'the lease of this work is over; stop without writing more',
    );
  }
}
