import { type Kysely, sql } from 'kysely';
import type { BootstrapStore } from '../../../ports/bootstrap.ts';
import { createAdministrator } from '../seeds/create-administrator.ts';
import { isHandleTaken, seedLock } from '../seeds/seed-store.ts';
import type { Database } from '../tables.ts';
import { saveBootstrapOutcome } from './import-outcome.ts';
import { findImportedPreference, importPreference } from './import-preference.ts';
import { findImportedRule, importRule } from './import-rule.ts';
import { findImportedSetting, importSetting } from './import-setting.ts';

/** Importing into PostgreSQL, one process at a time. */
export function postgresBootstrapStore(db: Kysely<Database>): BootstrapStore {
  return {
    transaction: (work) =>
      db.transaction().execute(async (trx) => {
        await sql`SELECT pg_advisory_xact_lock(${seedLock}::bigint)`.execute(trx);
        return work({
          findSetting: (key) => findImportedSetting(trx, key),
          writeSetting: (entry) => importSetting(trx, entry),
          findPreference: (key) => findImportedPreference(trx, key),
          writePreference: (entry) => importPreference(trx, entry),
          findRule: (rule) => findImportedRule(trx, rule),
          writeRule: (rule) => importRule(trx, rule),
          isHandleTaken: (handle) => isHandleTaken(trx, handle),
          createAdministrator: (administrator) => createAdministrator(trx, administrator),
          saveOutcome: (outcome) => saveBootstrapOutcome(trx, outcome),
        });
      }),
  };
}
