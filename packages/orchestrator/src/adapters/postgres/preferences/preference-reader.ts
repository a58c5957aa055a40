import { sql } from 'kysely';
import type { PreferenceContext } from '../../../domain/preferences/preference.ts';
import type { PreferenceReader } from '../../../ports/preferences.ts';
import type { Executor } from '../database.ts';
import {
  type PreferenceRow,
  isOfScope,
  preferenceColumns,
  preferenceOf,
} from './preference-columns.ts';

/** Scopes of a context but `system`, as two columns. */
function scopesOf({
  userId,
  groupIds,
  projectId,
  taskId,
}: PreferenceContext): [string[], string[]] {
  const scopes = [
    ...groupIds.map((id) => ['group', id] as const),
    ...(userId === undefined ? [] : [['user', userId] as const]),
    ...(projectId === undefined ? [] : [['project', projectId] as const]),
    ...(taskId === undefined ? [] : [['task', taskId] as const]),
  ];
  return [scopes.map(([type]) => type), scopes.map(([, id]) => id)];
}

/** Preferences in PostgreSQL, to read. See docs/reference/settings.md#preferences. */
export function postgresPreferenceReader(db: Executor): PreferenceReader {
  return {
    find: async (ref) => {
      const { rows } = await sql<PreferenceRow>`
        select ${preferenceColumns} from preference_entries
         where ${isOfScope(ref)} and key = ${ref.key}`.execute(db);
      return rows[0] && preferenceOf(rows[0]);
    },
    list: async ({ keyPrefix, after, limit, ...scope }) => {
      const { rows } = await sql<PreferenceRow>`
        select ${preferenceColumns} from preference_entries
         where ${isOfScope(scope)} and starts_with(key, ${keyPrefix})
           and (${after ?? null}::text is null or key collate "C" > ${after ?? null})
         order by key collate "C" limit ${limit}`.execute(db);
      return rows.map(preferenceOf);
    },
    within: async (context) => {
      const [types, ids] = scopesOf(context);
      const { rows } = await sql<PreferenceRow>`
        select ${preferenceColumns} from preference_entries
         where scope_type = 'system'
            or (scope_type, scope_id) in (select * from unnest(${types}::text[], ${ids}::uuid[]))`.execute(
        db,
      );
      return rows.map(preferenceOf);
    },
  };
}
