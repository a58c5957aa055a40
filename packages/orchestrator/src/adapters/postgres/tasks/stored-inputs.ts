import type { InputMode } from '@cynodeai/contracts/gateway';
import { sql } from 'kysely';
import type { JobPayload } from '../../../domain/jobs/job-payload.ts';
import type { StoredInput, StoredInputs } from '../../../ports/stored-inputs.ts';
import type { Executor } from '../database.ts';
import { givenFiles } from '../jobs/task-input.ts';

interface Row {
  readonly input_mode: InputMode;
  readonly prompt: string | null;
  readonly commands: readonly string[] | null;
  readonly acceptance_criteria: readonly string[] | null;
  readonly has_made_name: boolean;
  readonly has_stdin: boolean;
  readonly payload: JobPayload | null;
  readonly files: StoredInput['files'];
}

async function find(db: Executor, taskId: string): Promise<StoredInput | undefined> {
  const { rows } = await sql<Row>`
    select t.input_mode, t.prompt, t.metadata -> 'commands' as commands, t.acceptance_criteria,
           coalesce((t.metadata -> 'name_provisional')::boolean, false) as has_made_name,
           coalesce((t.metadata -> 'stdin')::boolean, false) as has_stdin,
           (select j.payload from jobs j where j.task_id = t.id order by j.created_at, j.id limit 1) as payload,
           ${givenFiles} as files
      from tasks t where t.id = ${taskId}::uuid`.execute(db);
  const [row] = rows;
  return (
    row && {
      mode: row.input_mode,
      prompt: row.prompt ?? undefined,
      commands: row.commands ?? undefined,
      acceptanceCriteria: row.acceptance_criteria ?? undefined,
      hasMadeName: row.has_made_name,
      hasStdin: row.has_stdin,
      payload: row.payload ?? undefined,
      files: row.files,
    }
  );
}

/** What tasks were made of, in PostgreSQL. */
export function postgresStoredInputs(db: Executor): StoredInputs {
  return { find: (taskId) => find(db, taskId) };
}
