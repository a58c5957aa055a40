import {
  type CommandDefinition,
  type CommandGroup,
  type Program,
  defineCommand,
} from '@cynodeai/command-line/definition';
import type { CommandContext } from './context.ts';
import { globalFlags } from '../base/global-flags.ts';
import { auditCommands } from './audit/definitions.ts';
import { authCommands } from './auth/definitions.ts';
import { contextCommands } from './contexts/definitions.ts';
import { completionArgs } from './general/completion-args.ts';
import { nodeCommands } from './nodes/definitions.ts';
import { secretCommands } from './secrets/definitions.ts';
import { settingCommands } from './settings/definitions.ts';
import { taskCommands } from './task/definitions.ts';
import { userCommands } from './users/definitions.ts';
import { workspaceCommands } from './workspaces/definitions.ts';

const groups: readonly CommandGroup[] = [
  { name: 'auth', summary: 'Log in and out' },
  { name: 'context', summary: 'Choose among several gateways' },
  { name: 'task', summary: 'Create tasks and read what became of them' },
  { name: 'task artifacts', summary: 'List and save the files of a task' },
  { name: 'nodes', summary: 'Look at nodes, and let one in again that lost its identity' },
  { name: 'secrets', summary: 'Keep secrets for jobs' },
  { name: 'settings', summary: 'Read and change system settings' },
  { name: 'users', summary: 'Administer users and their roles' },
  { name: 'audit', summary: 'Read what was done, by whom, and whether it was allowed' },
  { name: 'workspaces', summary: 'List and delete workspaces that are kept between tasks' },
];

/** Every command there is. See docs/reference/cli.md. */
const commands: readonly CommandDefinition<CommandContext>[] = [
  defineCommand({
    path: ['version'],
    summary: 'Print the version',
    args: {},
    flags: {},
    load: async () => (await import('./general/version.ts')).version,
  }),
  defineCommand({
    path: ['status'],
    summary: 'Ask whether the gateway is up',
    args: {},
    flags: {},
    load: async () => (await import('./general/status.ts')).status,
  }),
  defineCommand({
    path: ['completion'],
    summary: 'Print a completion script for a shell',
    args: completionArgs,
    flags: {},
    load: async () => (await import('./general/print-completion.ts')).completionPrinter(cynork),
  }),
  ...authCommands,
  ...contextCommands,
  ...taskCommands,
  ...nodeCommands,
  ...secretCommands,
  ...settingCommands,
  ...auditCommands,
  ...userCommands,
  ...workspaceCommands,
];

/** The command line of `cynork`. */
export const cynork: Program<CommandContext, typeof globalFlags> = {
  name: 'cynork',
  summary: 'Command line of CyNodeAI: create tasks, read their results',
  globals: globalFlags,
  groups,
  commands,
};
