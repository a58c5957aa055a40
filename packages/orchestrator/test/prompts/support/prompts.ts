import type { Kysely } from 'kysely';
import type { Database } from '../../../src/adapters/postgres/tables.ts';
import { type TaskIds, createTask } from '../../control-plane/support/tasks.ts';

/** A prompt task as the gateway writes it. */
export function createPrompt(db: Kysely<Database>, prompt: string): Promise<TaskIds> {
  return createTask(db, {
    payload: { kind: 'inference', target: 'local', input_mode: 'prompt' },
    prompt,
  });
}
