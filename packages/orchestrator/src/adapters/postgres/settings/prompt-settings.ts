import {
  type PromptSettings,
  promptSettingKeys,
  promptSettings,
} from '../../../domain/prompts/model-limits.ts';
import type { Executor } from '../database.ts';
import { readSettings } from './read-settings.ts';

/** What is stored of model calls. */
export async function readPromptSettings(db: Executor): Promise<PromptSettings> {
  const stored = await readSettings(db, Object.values(promptSettingKeys));
  return promptSettings(Object.fromEntries(stored));
}
