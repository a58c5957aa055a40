import { type CommandDefinition, defineCommand } from '@cynodeai/command-line/definition';
import type { CommandContext } from '../context.ts';
import { deleteSettingFlags, setSettingFlags, settingKeyFlags, settingListFlags } from './flags.ts';

/**
 * System settings, also while the system is not ready; the gateway wants system role owner or admin for a change.
 * See docs/reference/cli.md#setting-commands.
 */
export const settingCommands: readonly CommandDefinition<CommandContext>[] = [
  defineCommand({
    path: ['settings', 'list'],
    summary: 'List what was set, by key; the rest has its default',
    args: {},
    flags: settingListFlags,
    load: async () => (await import('./list.ts')).listSettings,
  }),
  defineCommand({
    path: ['settings', 'get'],
    summary: 'Show one setting',
    args: {},
    flags: settingKeyFlags,
    load: async () => (await import('./get.ts')).getSetting,
  }),
  defineCommand({
    path: ['settings', 'set'],
    summary: 'Set a setting to a JSON value',
    args: {},
    flags: setSettingFlags,
    load: async () => (await import('./set.ts')).setSetting,
  }),
  defineCommand({
    path: ['settings', 'delete'],
    summary: 'Delete a setting, so that its default holds again',
    args: {},
    flags: deleteSettingFlags,
    load: async () => (await import('./delete.ts')).deleteSetting,
  }),
];
