import type { Kysely } from 'kysely';
import type { TransactSettings } from '../../../ports/settings.ts';
import { postgresGatewayAudit } from '../audit/gateway-audit.ts';
import type { Database } from '../tables.ts';
import { lockSetting, removeSetting, writeSetting } from './write-setting.ts';

/** Runs work on settings in one PostgreSQL transaction. */
export function postgresTransactSettings(db: Kysely<Database>): TransactSettings {
  return (work) =>
    db.transaction().execute((trx) =>
      work({
        audit: postgresGatewayAudit(trx),
        lock: (key) => lockSetting(trx, key),
        write: (setting, change) => writeSetting(trx, setting, change),
        remove: (setting, change) => removeSetting(trx, setting, change),
      }),
    );
}
