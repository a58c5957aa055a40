import { sql } from 'kysely';
import { type ImportTarget, bootstrapId } from '../../../domain/bootstrap/decide-import.ts';
import type { BootstrapEntry } from '../../../domain/bootstrap/bootstrap-file.ts';
import type { Executor } from '../database.ts';
import { lockSetting, writeSetting } from '../settings/write-setting.ts';

/** A setting, and who removed it last. */
export async function findImportedSetting(db: Executor, key: string): Promise<ImportTarget> {
  const current = await lockSetting(db, key);
  if (current !== undefined) return { current, removedBy: undefined };
  const { rows } = await sql<{ changed_by: string }>`
    SELECT changed_by FROM system_settings_audit_log
    WHERE key = ${key} ORDER BY changed_at DESC, id DESC LIMIT 1
  `.execute(db);
  return { current: undefined, removedBy: rows[0]?.changed_by };
}

/** Writes a setting as the file states it. */
export async function importSetting(db: Executor, entry: BootstrapEntry): Promise<void> {
  await writeSetting(db, entry, { actor: bootstrapId, reason: undefined, at: new Date() });
}
