import type { Verification } from '@cynodeai/contracts/mcp';
import { sql } from 'kysely';
import type { VerificationReader } from '../../../ports/agent-views.ts';
import type { NewVerification, VerificationWriter } from '../../../ports/tool-effects.ts';
import type { Executor } from '../database.ts';
import { oldestBehind } from './agent-jobs.ts';

type Row = Omit<Verification, 'created_at'> & { readonly created_at: Date };

const columns = sql`id, task_id, run_id, job_id, step_index, attempt, agent_type, status, findings,
  recommended_actions, preferences_applied, created_at`;

const viewOf = (row: Row): Verification => ({ ...row, created_at: row.created_at.toISOString() });

/** What was verified, read. */
export function postgresVerificationReader(db: Executor): VerificationReader {
  return {
    list: async ({ taskId, after, limit }) => {
      const { rows } = await sql<Row>`
        select ${columns} from task_verifications
         where task_id = ${taskId}::uuid and ${oldestBehind(after)}
         order by created_at, id limit ${limit}`.execute(db);
      return rows.map(viewOf);
    },
  };
}

async function create(db: Executor, one: NewVerification): Promise<Verification> {
  await sql`
    insert into task_verifications (task_id, run_id, job_id, step_index, attempt, agent_type, status, findings,
                                    recommended_actions, preferences_applied)
    values (${one.task_id}::uuid, ${one.run_id}::uuid, ${one.job_id}::uuid, ${one.step_index}, ${one.attempt},
            ${one.agent_type}, ${one.status}, ${JSON.stringify(one.findings)}::jsonb,
            ${JSON.stringify(one.recommended_actions)}::jsonb, ${JSON.stringify(one.preferences_applied)}::jsonb)
    on conflict (task_id, step_index, attempt, agent_type) do nothing`.execute(db);
  const { rows } = await sql<Row>`
    select ${columns} from task_verifications
     where task_id = ${one.task_id}::uuid and step_index = ${one.step_index} and attempt = ${one.attempt}
       and agent_type = ${one.agent_type}`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error('a written verification gave no row');
  return viewOf(row);
}

/** What was verified, written. */
export function postgresVerificationWriter(db: Executor): VerificationWriter {
  return { create: (verification) => create(db, verification) };
}
