import type { CommandDefinition, CommandGroup } from '../program/definition.ts';
import { defineCommand } from '../program/definition.ts';
import { authCommands } from './auth/definitions.ts';
import { completionArgs } from './completion-args.ts';
import { taskCommands } from './task/definitions.ts';
import { userCommands } from './users/definitions.ts';

export const groups: readonly CommandGroup[] = [
  { name: 'auth', summary: 'Log in and out' },
  { name: 'task', summary: 'Create tasks and read what became of them' },
  { name: 'task artifacts', summary: 'List and save the files of a task' },
  { name: 'users', summary: 'Administer users and their roles' },
];

/** Every command there is. Contract 05 sections 6, 7 and 10.7. */
export const commands: readonly CommandDefinition[] = [
  defineCommand({
    path: ['version'],
    summary: 'Print the version',
    args: {},
    flags: {},
    load: async () => (await import('./version.ts')).version,
  }),
  defineCommand({
    path: ['status'],
    summary: 'Ask whether the gateway is up',
    args: {},
    flags: {},
    load: async () => (await import('./status.ts')).status,
  }),
  defineCommand({
    path: ['completion'],
    summary: 'Print a completion script for a shell',
    args: completionArgs,
    flags: {},
    load: async () => (await import('./print-completion.ts')).completionPrinter(commands, groups),
  }),
  ...authCommands,
  ...taskCommands,
  ...userCommands,
];
