import { type CommandDefinition, defineCommand } from '@cynodeai/command-line/definition';
import type { CommandContext } from '../context.ts';
import { pagingFlags } from '../shared/flags.ts';
import { nodeArgs } from './flags.ts';

/** Nodes. See docs/reference/cli.md#node-commands. */
export const nodeCommands: readonly CommandDefinition<CommandContext>[] = [
  defineCommand({
    path: ['nodes', 'list'],
    summary: 'List nodes by slug',
    args: {},
    flags: pagingFlags,
    load: async () => (await import('./list.ts')).listNodes,
  }),
  defineCommand({
    path: ['nodes', 'get'],
    summary: 'Show one node',
    args: nodeArgs,
    flags: {},
    load: async () => (await import('./get.ts')).getNode,
  }),
  defineCommand({
    path: ['nodes', 'allow-reregister'],
    summary: 'Let a node that lost its state folder register anew, once within an hour',
    args: nodeArgs,
    flags: {},
    load: async () => (await import('./allow-reregister.ts')).allowReregister,
  }),
];
