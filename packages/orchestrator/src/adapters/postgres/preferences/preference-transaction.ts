import { sql } from 'kysely';
import type { PreferenceRecord, PreferenceRef } from '../../../domain/preferences/preference.ts';
import type { PreferenceChange, PreferenceTransaction } from '../../../ports/preferences.ts';
import type { Executor } from '../database.ts';
import {
  type PreferenceRow,
  isOfScope,
  preferenceColumns,
  preferenceOf,
} from './preference-columns.ts';
import { postgresPreferenceReader } from './preference-reader.ts';

/** The preference as it is; others wait with the same one until the transaction ends, also while it has no row. */
async function lock(db: Executor, ref: PreferenceRef): Promise<PreferenceRecord | undefined> {
  const name = ['preference', ref.scopeType, ref.scopeId ?? '', ref.key].join(':');
  await sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(db);
  const { rows } = await sql<PreferenceRow>`
    select ${preferenceColumns} from preference_entries
     where ${isOfScope(ref)} and key = ${ref.key} for update`.execute(db);
  return rows[0] && preferenceOf(rows[0]);
}

async function audit(
  db: Executor,
  ref: PreferenceRef & { readonly entryId: string | null },
  values: { readonly old: string | null; readonly new: string | null },
  { actor, reason, at }: PreferenceChange,
): Promise<void> {
  const operation = values.old === null ? 'create' : values.new === null ? 'delete' : 'update';
  await db
    .insertInto('preference_audit_log')
    .values({
      entry_id: ref.entryId,
      scope_type: ref.scopeType,
      scope_id: ref.scopeId ?? null,
      key: ref.key,
      operation,
      old_value: values.old,
      new_value: values.new,
      changed_at: at,
      changed_by: actor,
      reason: reason ?? null,
    })
    .execute();
}

/** Preferences within one transaction of PostgreSQL. See docs/reference/settings.md#preferences. */
export function postgresPreferenceTransaction(db: Executor): PreferenceTransaction {
  return {
    ...postgresPreferenceReader(db),
    lock: (ref) => lock(db, ref),
    write: async ({ value, valueType, ...ref }, change) => {
      const before = await lock(db, ref);
      const json = JSON.stringify(value);
      const { rows } = await sql<PreferenceRow>`
        insert into preference_entries as held
               (scope_type, scope_id, key, value, value_type, version, updated_at, updated_by)
        values (${ref.scopeType}, ${ref.scopeId ?? null}::uuid, ${ref.key}, ${json}::jsonb, ${valueType}, 1,
                ${change.at}::timestamptz, ${change.actor})
        on conflict (scope_type, scope_id, key) do update
           set value = excluded.value, value_type = excluded.value_type, version = held.version + 1,
               updated_at = excluded.updated_at, updated_by = excluded.updated_by
        returning ${preferenceColumns}`.execute(db);
      const [row] = rows;
      if (row === undefined) throw new Error('a written preference gave no row');
      const old = before === undefined ? null : JSON.stringify(before.value);
      await audit(db, { ...ref, entryId: row.id }, { old, new: json }, change);
      return preferenceOf(row);
    },
    remove: async (preference, change) => {
      await db.deleteFrom('preference_entries').where('id', '=', preference.id).execute();
      const values = { old: JSON.stringify(preference.value), new: null };
      await audit(db, { ...preference, entryId: null }, values, change);
    },
  };
}
