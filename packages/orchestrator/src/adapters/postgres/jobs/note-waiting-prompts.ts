import { sql } from 'kysely';
import type { PromptWaitingReason } from '../../../domain/prompts/choose-path.ts';
import type { Executor } from '../database.ts';

/** Says on the tasks of queued prompts what they wait for. Contract 01 section 5.3. */
export async function noteWaitingPrompts(db: Executor, reason: PromptWaitingReason): Promise<void> {
  await sql`
    WITH waiting AS (
      SELECT t.id FROM tasks t
      WHERE t.status IN ('pending', 'running')
        AND t.metadata ->> 'waiting_reason' IS DISTINCT FROM ${reason}
        AND t.id IN (
          SELECT j.task_id FROM jobs j
          WHERE j.status = 'queued' AND j.payload ->> 'kind' = 'inference')
      LIMIT 1000
      FOR NO KEY UPDATE SKIP LOCKED)
    UPDATE tasks SET
      metadata = coalesce(metadata, '{}') || jsonb_build_object('waiting_reason', ${reason}::text),
      updated_at = now()
    FROM waiting WHERE tasks.id = waiting.id
  `.execute(db);
}
