import type { Clock } from '@cynodeai/runtime/std';
import { ToolRefusal } from '../../../domain/mcp/tool-refusal.ts';
import { type SettingRecord, settingView } from '../../../domain/settings/setting.ts';
import type { Seal } from '../../../domain/tasks/page-cursor.ts';
import type { SettingReader } from '../../../ports/settings.ts';
import type { ToolEffects } from '../../../ports/tool-effects.ts';
import { deleteSetting } from '../../settings/delete-setting.ts';
import { putSetting } from '../../settings/put-setting.ts';
import type { HandlersBelow } from '../tool-handlers.ts';
import { callerOf } from './call-user.ts';
import { pageByText } from './pages.ts';

export interface SettingToolDeps {
  readonly settings: SettingReader;
  readonly seal: Seal;
  readonly clock: Clock;
}

const notSet = (): ToolRefusal =>
  new ToolRefusal('not_found', 'no such setting; its default holds');

/** The setting, which nobody else changes until the transaction ends. */
function locked({ settings }: ToolEffects, key: string): Promise<SettingRecord | undefined> {
  return settings((transaction) => transaction.lock(key));
}

/**
 * Handlers of the tools on system settings. Whoever reads needs no rights of a user, whoever writes needs those of its
 * user beside the rule. See docs/reference/mcp.md#tools.
 */
export function settingTools(deps: SettingToolDeps): HandlersBelow<'db.system_setting'> {
  const { settings, seal, clock } = deps;
  return {
    'db.system_setting.get': async (_call, { key }) => {
      const setting = await settings.find(key);
      if (setting === undefined) throw notSet();
      return { setting: settingView(setting) };
    },
    'db.system_setting.list': async (_call, { key_prefix: keyPrefix = '', ...page }) => {
      const keyOf = (row: SettingRecord): string => row.key;
      const { rows, next_cursor } = await pageByText(seal, page, keyOf, (after, limit) =>
        settings.list({ keyPrefix, after, limit }),
      );
      return { settings: rows.map(settingView), next_cursor };
    },
    'db.system_setting.create':
      async (call, { key, ...request }) =>
      async (effects) => {
        if ((await locked(effects, key)) !== undefined) {
          throw new ToolRefusal('conflict', 'the setting is set already; change it instead');
        }
        const caller = callerOf(call, 'settings.write', 'setting');
        const put = await putSetting({ transact: effects.settings, clock }, caller, key, request);
        return { setting: put.value };
      },
    'db.system_setting.update':
      async (call, { key, ...request }) =>
      async (effects) => {
        if ((await locked(effects, key)) === undefined) throw notSet();
        const caller = callerOf(call, 'settings.write', 'setting');
        const put = await putSetting({ transact: effects.settings, clock }, caller, key, request);
        return { setting: put.value };
      },
    'db.system_setting.delete':
      async (call, { key, ...request }) =>
      async (effects) => {
        const caller = callerOf(call, 'settings.write', 'setting');
        await deleteSetting({ transact: effects.settings, clock }, caller, key, request);
        return { deleted: true };
      },
  };
}
