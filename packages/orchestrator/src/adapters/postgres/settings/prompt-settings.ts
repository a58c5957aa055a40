import { sql } from 'kysely';
import {
  type PromptSettings,
  promptSettingKeys,
  promptSettings,
} from '../../../domain/prompts/model-limits.ts';
import type { Executor } from '../database.ts';

/** What is stored of model calls. */
export async function readPromptSettings(db: Executor): Promise<PromptSettings> {
  const keys = Object.values(promptSettingKeys);
  const { rows } = await sql<{ stored: Record<string, unknown> | null }>`
    SELECT jsonb_object_agg(key, value) AS stored FROM system_settings
    WHERE key = ANY(${keys}::text[])
  `.execute(db);
  return promptSettings(rows[0]?.stored ?? null);
}
