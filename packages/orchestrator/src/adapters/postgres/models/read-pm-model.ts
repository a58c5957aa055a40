import type { Kysely } from 'kysely';
import type { PmModelState } from '../../../domain/models/pm-model-state.ts';
import type { PmModelReader } from '../../../ports/models.ts';
import type { Executor } from '../database.ts';
import type { Database } from '../tables.ts';
import { pmModelKey, stateOf } from './pm-model-record.ts';

/** The stored selection; undefined when there is none yet. */
export async function readPmModel(db: Executor): Promise<PmModelState | undefined> {
  const row = await db
    .selectFrom('orchestrator_state')
    .select('value')
    .where('key', '=', pmModelKey)
    .executeTakeFirst();
  return row && stateOf(row.value);
}

/** Reads the Project Manager's model from PostgreSQL. */
export function postgresPmModelReader(db: Kysely<Database>): PmModelReader {
  return {
    current: async () => {
      const state = await readPmModel(db);
      if (state?.modelRef === undefined) return undefined;
      return {
        ...(state.nodeSlug !== undefined && { nodeSlug: state.nodeSlug }),
        modelRef: state.modelRef,
        status: state.status,
        executionMode: state.executionMode,
      };
    },
  };
}
