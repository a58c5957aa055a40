import { sql } from 'kysely';
import type { SettingRecord } from '../../../domain/settings/setting.ts';
import type { NewSettingValue, SettingChange } from '../../../ports/settings.ts';
import type { Executor } from '../database.ts';
import { channels, notify } from '../notifications.ts';
import { type SettingRow, settingColumns, settingOf } from './setting-columns.ts';

/** The setting as it is; others wait with the same key until the transaction ends, also while it has no row. */
export async function lockSetting(db: Executor, key: string): Promise<SettingRecord | undefined> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`setting:${key}`}, 0))`.execute(db);
  const { rows } = await sql<SettingRow>`
    SELECT ${settingColumns} FROM system_settings WHERE key = ${key} FOR UPDATE
  `.execute(db);
  return rows[0] && settingOf(rows[0]);
}

async function audit(
  db: Executor,
  key: string,
  values: { readonly old: string | null; readonly new: string | null },
  { actor, reason, at }: SettingChange,
): Promise<void> {
  await db
    .insertInto('system_settings_audit_log')
    .values({
      key,
      old_value: values.old,
      new_value: values.new,
      changed_at: at,
      changed_by: actor,
      reason: reason ?? null,
    })
    .execute();
  await notify(db, channels.settings, key);
}

function jsonOf(setting: SettingRecord | undefined): string | null {
  return setting === undefined ? null : JSON.stringify(setting.value);
}

/**
 * Writes the next version of a setting, with its audit row.
 * See docs/reference/settings.md#system-settings.
 */
export async function writeSetting(
  db: Executor,
  { key, value, valueType }: NewSettingValue,
  change: SettingChange,
): Promise<SettingRecord> {
  const before = await lockSetting(db, key);
  const json = JSON.stringify(value);
  const { rows } = await sql<SettingRow>`
    INSERT INTO system_settings (key, value, value_type, version, updated_at, updated_by)
    VALUES (${key}, ${json}::jsonb, ${valueType}, 1, ${change.at}, ${change.actor})
    ON CONFLICT (key) DO UPDATE
    SET value = excluded.value, value_type = excluded.value_type,
      version = system_settings.version + 1, updated_at = excluded.updated_at,
      updated_by = excluded.updated_by
    RETURNING ${settingColumns}
  `.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error('a written setting gave no row');
  await audit(db, key, { old: jsonOf(before), new: json }, change);
  return settingOf(row);
}

/** Removes a setting, with its audit row. */
export async function removeSetting(
  db: Executor,
  setting: SettingRecord,
  change: SettingChange,
): Promise<void> {
  await db.deleteFrom('system_settings').where('key', '=', setting.key).execute();
  await audit(db, setting.key, { old: jsonOf(setting), new: null }, change);
}
