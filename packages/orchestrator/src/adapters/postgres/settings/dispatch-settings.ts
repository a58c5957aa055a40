import { sql } from 'kysely';
import {
  type DispatchSettings,
  dispatchSettingKeys,
  dispatchSettings,
} from '../../../domain/dispatch/dispatch-settings.ts';
import type { Executor } from '../database.ts';
import { readSettings } from './read-settings.ts';

/** SQL: the settings of a claim as one object, for a statement that reads something else beside them. */
export const dispatchSettingsJson = sql<Record<string, unknown> | null>`(
  SELECT jsonb_object_agg(key, value) FROM system_settings
  WHERE key IN (${sql.join(dispatchSettingKeys.map((key) => sql.lit(key)))}))`;

/** The settings alone. */
export async function readDispatchSettings(db: Executor): Promise<DispatchSettings> {
  return dispatchSettings(Object.fromEntries(await readSettings(db, dispatchSettingKeys)));
}
