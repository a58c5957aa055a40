import type { Kysely } from 'kysely';
import { postgresTransactSettings } from '../../src/adapters/postgres/settings/transact-settings.ts';
import type { Database } from '../../src/adapters/postgres/tables.ts';
import { pmModelKeys } from '../../src/domain/models/model-settings.ts';
import { valueTypeOf } from '../../src/domain/settings/setting.ts';

/** Stores a system setting as the gateway does. */
export async function putSetting(db: Kysely<Database>, key: string, value: unknown): Promise<void> {
  const valueType = valueTypeOf(value);
  if (valueType === undefined) throw new Error('no type');
  await postgresTransactSettings(db)(async (transaction) => {
    const change = { actor: 'system', reason: undefined, at: new Date() };
    await transaction.write({ key, value, valueType }, change);
  });
}

/** Lets nodes fetch models that are missing without anybody being asked. */
export function approveDownloads(db: Kysely<Database>): Promise<void> {
  return putSetting(db, pmModelKeys.needsApproval, false);
}
