import type { Kysely } from 'kysely';
import type { PmModelState } from '../../../domain/models/pm-model-state.ts';
import type { PmModelReader } from '../../../ports/models.ts';
import type { Executor } from '../database.ts';
import type { Database } from '../tables.ts';
import { readModelStatus } from './read-model-status.ts';
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

/**
 * A selection outlives its node's restart: it is `available` only while the node says so.
 * See docs/reference/inference.md#watching.
 */
async function statusNow(db: Executor, state: PmModelState): Promise<PmModelState['status']> {
  const { status, nodeSlug, modelRef } = state;
  if (status !== 'available' || nodeSlug === undefined || modelRef === undefined) return status;
  const said = await readModelStatus(db, nodeSlug, modelRef);
  return said === 'available' || said === 'loading' ? said : 'failed';
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
        status: await statusNow(db, state),
        executionMode: state.executionMode,
      };
    },
  };
}
