import type { Settings } from '../../../domain/nodes/config-settings.ts';
import type { Executor } from '../database.ts';

/** Values of system settings by key; a key without a row is absent. */
export async function readSettings(db: Executor, keys: readonly string[]): Promise<Settings> {
  const rows = await db
    .selectFrom('system_settings')
    .select(['key', 'value'])
    .where('key', 'in', keys)
    .execute();
  return new Map(rows.map((row) => [row.key, row.value]));
}
