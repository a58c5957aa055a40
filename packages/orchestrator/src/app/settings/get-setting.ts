import type { Setting } from '@cynodeai/contracts/gateway';
import { OrchestratorError } from '../../domain/errors.ts';
import type { UserActor } from '../../domain/identity/actor.ts';
import { settingView } from '../../domain/settings/setting.ts';
import { requireAction } from '../access/require-action.ts';
import type { ReadSettingsDeps } from './list-settings.ts';

/**
 * One system setting. See docs/reference/settings.md#system-settings.
 * @throws OrchestratorError `forbidden`, `setting_unknown`.
 */
export async function getSetting(
  { settings }: ReadSettingsDeps,
  actor: UserActor,
  key: string,
): Promise<Setting> {
  requireAction(actor, 'settings.read');
  const setting = await settings.find(key);
  if (setting === undefined) {
    throw new OrchestratorError('setting_unknown', 'it was never set; its default holds');
  }
  return settingView(setting);
}
