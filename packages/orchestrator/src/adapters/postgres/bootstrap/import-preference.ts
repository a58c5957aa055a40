import { sql } from 'kysely';
import { type ImportTarget, bootstrapId } from '../../../domain/bootstrap/decide-import.ts';
import type { BootstrapEntry } from '../../../domain/bootstrap/bootstrap-file.ts';
import type { Executor } from '../database.ts';

interface Row {
  readonly id: string;
  readonly value: unknown;
  readonly version: number;
  readonly updated_by: string;
}

async function lockPreference(db: Executor, key: string): Promise<Row | undefined> {
  const { rows } = await sql<Row>`
    SELECT id, value, version, updated_by FROM preference_entries
    WHERE scope_type = 'system' AND key = ${key} FOR UPDATE
  `.execute(db);
  return rows[0];
}

/** A preference of system scope, and who removed it last. */
export async function findImportedPreference(db: Executor, key: string): Promise<ImportTarget> {
  const row = await lockPreference(db, key);
  if (row !== undefined) {
    return { current: { value: row.value, updatedBy: row.updated_by }, removedBy: undefined };
  }
  const { rows } = await sql<{ changed_by: string }>`
    SELECT changed_by FROM preference_audit_log
    WHERE scope_type = 'system' AND key = ${key} ORDER BY changed_at DESC, id DESC LIMIT 1
  `.execute(db);
  return { current: undefined, removedBy: rows[0]?.changed_by };
}

/** Writes a preference of system scope as the file states it, with its audit row. */
export async function importPreference(
  db: Executor,
  { key, value, valueType }: BootstrapEntry,
): Promise<void> {
  const before = await lockPreference(db, key);
  const json = JSON.stringify(value);
  const { rows } = await sql<{ id: string }>`
    INSERT INTO preference_entries (scope_type, key, value, value_type, updated_by)
    VALUES ('system', ${key}, ${json}::jsonb, ${valueType}, ${bootstrapId})
    ON CONFLICT (scope_type, scope_id, key) DO UPDATE
    SET value = excluded.value, value_type = excluded.value_type,
      version = preference_entries.version + 1, updated_at = now(),
      updated_by = excluded.updated_by
    RETURNING id
  `.execute(db);
  await db
    .insertInto('preference_audit_log')
    .values({
      entry_id: rows[0]?.id ?? null,
      scope_type: 'system',
      scope_id: null,
      key,
      operation: before === undefined ? 'create' : 'update',
      old_value: before === undefined ? null : JSON.stringify(before.value),
      new_value: json,
      changed_by: bootstrapId,
      reason: null,
    })
    .execute();
}
