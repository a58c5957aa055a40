import { type CommandDefinition, defineCommand } from '@cynodeai/command-line/definition';
import type { CommandContext } from '../context.ts';
import { confirmFlags } from '../shared/flags.ts';

/** The caller's own workspaces that are kept between tasks. See docs/reference/cli.md#workspace-commands. */
export const workspaceCommands: readonly CommandDefinition<CommandContext>[] = [
  defineCommand({
    path: ['workspaces', 'list'],
    summary: 'List your kept workspaces: node, size, and the task that holds each',
    args: {},
    flags: {},
    notes: `  cynork task create --workspace build --dir . --command make
  cynork task create --workspace build --command 'make check'`,
    load: async () => (await import('./list.ts')).listWorkspaces,
  }),
  defineCommand({
    path: ['workspaces', 'delete'],
    summary: 'Delete a kept workspace with all that is in it; not while a task uses it',
    args: { name: 'name of the workspace' },
    flags: confirmFlags,
    load: async () => (await import('./delete.ts')).deleteWorkspace,
  }),
];
