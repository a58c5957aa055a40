import { type Kysely, sql } from 'kysely';
import type { SettingReader } from '../../../ports/settings.ts';
import type { Database } from '../tables.ts';
import { type SettingRow, settingColumns, settingOf } from './setting-columns.ts';

/** Settings in PostgreSQL, to read. */
export function postgresSettingReader(db: Kysely<Database>): SettingReader {
  return {
    find: async (key) => {
      const { rows } = await sql<SettingRow>`
        SELECT ${settingColumns} FROM system_settings WHERE key = ${key}
      `.execute(db);
      return rows[0] && settingOf(rows[0]);
    },
    list: async ({ keyPrefix, after, limit }) => {
      const { rows } = await sql<SettingRow>`
        SELECT ${settingColumns} FROM system_settings
        WHERE starts_with(key, ${keyPrefix})
          AND (${after ?? null}::text IS NULL OR key COLLATE "C" > ${after ?? null})
        ORDER BY key COLLATE "C" LIMIT ${limit}
      `.execute(db);
      return rows.map(settingOf);
    },
  };
}
