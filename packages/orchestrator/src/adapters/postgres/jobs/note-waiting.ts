import { type Kysely, type RawBuilder, sql } from 'kysely';
import { closedClasses, openSlots } from '../../../domain/dispatch/open-slots.ts';
import type { WaitingReason } from '../../../domain/dispatch/select-node.ts';
import type { PromptWaitingReason } from '../../../domain/prompts/choose-path.ts';
import type { NodeTokenVault } from '../../../ports/node-secrets.ts';
import type { Executor } from '../database.ts';
import { readDispatchNodes } from '../nodes/read-dispatch-nodes.ts';
import type { Database } from '../tables.ts';
import { hasDueJob } from './due-jobs.ts';

/** Writes the reason on the tasks of those queued jobs `j` that `which` chooses. */
async function note(
  db: Executor,
  which: RawBuilder<unknown>,
  reason: WaitingReason | PromptWaitingReason,
): Promise<void> {
  await sql`
    WITH waiting AS (
      SELECT t.id FROM tasks t
      WHERE t.status IN ('pending', 'running')
        AND t.metadata ->> 'waiting_reason' IS DISTINCT FROM ${reason}
        AND t.id IN (SELECT j.task_id FROM jobs j WHERE j.status = 'queued' AND ${which})
      LIMIT 1000
      FOR NO KEY UPDATE SKIP LOCKED)
    UPDATE tasks SET
      metadata = coalesce(metadata, '{}') || jsonb_build_object('waiting_reason', ${reason}::text),
      updated_at = now()
    FROM waiting WHERE tasks.id = waiting.id
  `.execute(db);
}

/**
 * Says on the tasks of queued jobs why no node may take them.
 * See docs/reference/leases.md#which-one-is-chosen.
 */
export async function noteWaiting(
  db: Kysely<Database>,
  vault: Pick<NodeTokenVault, 'open'>,
): Promise<void> {
  if (!(await hasDueJob(db, 'sandbox'))) return;
  const nodes = await readDispatchNodes(db, vault);
  const slots = openSlots(nodes.map((node) => node.facts));
  for (const { useInference, reason } of closedClasses(slots)) {
    const which = sql`j.payload ->> 'kind' = 'sandbox'
      AND coalesce((j.payload ->> 'use_inference')::boolean, false) = ${useInference}`;
    await note(db, which, reason);
  }
}

/**
 * Says on the tasks of queued prompts what they wait for.
 * See docs/reference/leases.md#which-one-is-chosen.
 */
export function noteWaitingPrompts(db: Executor, reason: PromptWaitingReason): Promise<void> {
  return note(db, sql`j.payload ->> 'kind' = 'inference'`, reason);
}
