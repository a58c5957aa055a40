import { type CommandDefinition, defineCommand } from '@cynodeai/command-line/definition';
import { confirmFlags } from '../shared/flags.ts';
import type { CommandContext } from '../context.ts';

export const contextCommands: readonly CommandDefinition<CommandContext>[] = [
  defineCommand({
    path: ['context', 'list'],
    summary: 'List the gateways there are, and which is in use',
    args: {},
    flags: {},
    load: async () => (await import('./list.ts')).list,
  }),
  defineCommand({
    path: ['context', 'use'],
    summary: 'Use a gateway from now on; local is the install of this machine',
    args: { name: 'name of the context' },
    flags: {},
    load: async () => (await import('./use.ts')).use,
  }),
  defineCommand({
    path: ['context', 'delete'],
    summary: 'End the session with a gateway and forget it',
    args: { name: 'name of the context' },
    flags: confirmFlags,
    load: async () => (await import('./delete.ts')).deleteContext,
  }),
];
