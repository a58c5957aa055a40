import { type Kysely, sql } from 'kysely';
import {
  loadTimeoutMsOf,
  pmModelKeys,
  pmModelSettingsOf,
} from '../../../domain/models/model-settings.ts';
import type { PmModelLook, PmModelStore } from '../../../ports/models.ts';
import type { NodeTokenVault } from '../../../ports/node-secrets.ts';
import type { Executor } from '../database.ts';
import { channels, notify } from '../notifications.ts';
import { readSettings } from '../settings/read-settings.ts';
import type { Database } from '../tables.ts';
import { pmModelKey, recordOf } from './pm-model-record.ts';
import { readModelNodes } from './read-model-nodes.ts';
import { readPmModel } from './read-pm-model.ts';
import { saveModelNote } from './save-model-note.ts';

export interface PmModelStoreOptions {
  readonly vault: Pick<NodeTokenVault, 'open'>;
  /** The stand-in model of this install; undefined = not enabled. */
  readonly demoModel: string | undefined;
}

/** Advisory lock under which the selection is decided, one step at a time, by whichever control plane holds it. */
export const managerLock = 4_918_720_414;

async function databaseNow(db: Executor): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`SELECT clock_timestamp() AS now`.execute(db);
  return rows[0]?.now ?? new Date();
}

async function look(db: Executor, { vault, demoModel }: PmModelStoreOptions): Promise<PmModelLook> {
  const now = await databaseNow(db);
  const settings = await readSettings(db, Object.values(pmModelKeys));
  const { candidates, connections } = await readModelNodes(db, vault);
  const view = {
    now,
    state: await readPmModel(db),
    settings: pmModelSettingsOf(settings),
    loadTimeoutMs: loadTimeoutMsOf(settings),
    candidates,
    demoModel,
  };
  return { view, connections };
}

/** The selection in PostgreSQL. Time is the database's, so that control planes agree on it. */
export function postgresPmModelStore(
  db: Kysely<Database>,
  options: PmModelStoreOptions,
): PmModelStore {
  return {
    transaction: (work) =>
      db.transaction().execute(async (trx) => {
        await sql`SELECT pg_advisory_xact_lock(${managerLock}::bigint)`.execute(trx);
        return work({
          look: () => look(trx, options),
          save: async (state, notes) => {
            for (const note of notes) await saveModelNote(trx, note);
            if (state === undefined) return;
            const now = new Date();
            const values = { value: JSON.stringify(recordOf(state, now)), updated_at: now };
            await trx
              .insertInto('orchestrator_state')
              .values({ key: pmModelKey, ...values })
              .onConflict((conflict) => conflict.column('key').doUpdateSet(values))
              .execute();
            // Prompts wait for a model; other control planes share the work of getting it.
            await notify(trx, channels.jobs);
            await notify(trx, channels.models);
          },
        });
      }),
  };
}
