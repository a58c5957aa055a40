import type { Kysely, Transaction } from 'kysely';
import type { SettingTransaction, TransactSettings } from '../../../ports/settings.ts';
import { postgresGatewayAudit } from '../audit/gateway-audit.ts';
import type { Database } from '../tables.ts';
import { lockSetting, removeSetting, writeSetting } from './write-setting.ts';

/** Work on settings within a transaction. */
export function settingTransactionOf(trx: Transaction<Database>): SettingTransaction {
  return {
    audit: postgresGatewayAudit(trx),
    lock: (key) => lockSetting(trx, key),
    write: (setting, change) => writeSetting(trx, setting, change),
    remove: (setting, change) => removeSetting(trx, setting, change),
  };
}

/** Runs work on settings in one PostgreSQL transaction. */
export function postgresTransactSettings(db: Kysely<Database>): TransactSettings {
  return (work) => db.transaction().execute((trx) => work(settingTransactionOf(trx)));
}
