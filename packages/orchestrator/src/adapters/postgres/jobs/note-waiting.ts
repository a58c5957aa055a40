import { type Kysely, sql } from 'kysely';
import { openSlots } from '../../../domain/dispatch/open-slots.ts';
import type { NodeTokenVault } from '../../../ports/node-secrets.ts';
import type { Executor } from '../database.ts';
import type { Database } from '../tables.ts';
import { hasDueJob } from './has-due-job.ts';
import { readDispatchNodes } from '../nodes/read-dispatch-nodes.ts';

async function noteClass(db: Executor, useInference: boolean, reason: string): Promise<void> {
  await sql`
    WITH waiting AS (
      SELECT t.id FROM tasks t
      WHERE t.status IN ('pending', 'running')
        AND t.metadata ->> 'waiting_reason' IS DISTINCT FROM ${reason}
        AND t.id IN (
          SELECT j.task_id FROM jobs j
          WHERE j.status = 'queued' AND j.payload ->> 'kind' = 'sandbox'
            AND coalesce((j.payload ->> 'use_inference')::boolean, false) = ${useInference})
      LIMIT 1000
      FOR NO KEY UPDATE SKIP LOCKED)
    UPDATE tasks SET
      metadata = coalesce(metadata, '{}') || jsonb_build_object('waiting_reason', ${reason}::text),
      updated_at = now()
    FROM waiting WHERE tasks.id = waiting.id
  `.execute(db);
}

/** Says on the tasks of queued jobs why no node may take them; a busy node is no such reason. Contract 01 section 5.3. */
export async function noteWaiting(
  db: Kysely<Database>,
  vault: Pick<NodeTokenVault, 'open'>,
): Promise<void> {
  if (!(await hasDueJob(db, 'sandbox'))) return;
  const nodes = await readDispatchNodes(db, vault);
  const slots = openSlots(nodes.map((node) => node.facts));
  if (slots.plain.kind === 'closed') await noteClass(db, false, slots.plain.reason);
  if (slots.inference.kind === 'closed') await noteClass(db, true, slots.inference.reason);
}
