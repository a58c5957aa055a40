import { limits } from '@cynodeai/contracts/common';
import type { Setting } from '@cynodeai/contracts/gateway';
import type { UserActor } from '../../domain/identity/actor.ts';
import { decodeKeyCursor, encodeKeyCursor } from '../../domain/settings/key-cursor.ts';
import { settingView } from '../../domain/settings/setting.ts';
import type { Seal } from '../../domain/tasks/page-cursor.ts';
import type { SettingReader } from '../../ports/settings.ts';
import type { PageRequest } from '../access/page.ts';
import { requireAction } from '../access/require-action.ts';

export interface ReadSettingsDeps {
  readonly settings: SettingReader;
  readonly seal: Seal;
}

export interface ListSettingsRequest extends PageRequest {
  readonly key_prefix?: string | undefined;
}

/**
 * One page of system settings by key. See docs/reference/settings.md#system-settings.
 * @throws OrchestratorError `forbidden`, `input_invalid`.
 */
export async function listSettings(
  { settings, seal }: ReadSettingsDeps,
  actor: UserActor,
  { key_prefix: keyPrefix = '', cursor, limit = limits.pageDefault }: ListSettingsRequest,
): Promise<{ settings: Setting[]; next_cursor?: string }> {
  requireAction(actor, 'settings.read');
  const after = cursor === undefined ? undefined : decodeKeyCursor(cursor, seal);
  const found = await settings.list({ keyPrefix, after, limit: limit + 1 });
  const rows = found.slice(0, limit);
  const last = rows.at(-1);
  return {
    settings: rows.map(settingView),
    ...(found.length > limit && last && { next_cursor: encodeKeyCursor(last.key, seal) }),
  };
}
