import type { HttpServer } from '@cynodeai/runtime/http';
import type { ReadSettingsDeps } from '../../../../app/settings/list-settings.ts';
import type { WriteSettingsDeps } from '../../../../app/settings/settings-deps.ts';
import type { CallerGuard } from '../caller.ts';
import { bindDeleteSetting } from './delete.ts';
import { bindGetSetting } from './get.ts';
import { bindListSettings } from './list.ts';
import { bindPutSetting } from './put.ts';

/** What the routes on settings are made of. */
export type SettingParts = ReadSettingsDeps & WriteSettingsDeps;

/** Serves every route on system settings. */
export function bindSettings(server: HttpServer, guard: CallerGuard, parts: SettingParts): void {
  bindListSettings(server, guard, parts);
  bindGetSetting(server, guard, parts);
  bindPutSetting(server, guard, parts);
  bindDeleteSetting(server, guard, parts);
}
