import { type CommandDefinition, defineCommand } from '@cynodeai/command-line/definition';
import type { CommandContext } from '../context.ts';
import { auditListFlags, eventArgs } from './flags.ts';

/** What the audit logs tell; the gateway wants system role owner, admin or operator. See docs/reference/cli.md#audit-commands. */
export const auditCommands: readonly CommandDefinition<CommandContext>[] = [
  defineCommand({
    path: ['audit', 'list'],
    summary: 'List what was done, newest first',
    args: {},
    flags: auditListFlags,
    load: async () => (await import('./list.ts')).listAudit,
  }),
  defineCommand({
    path: ['audit', 'get'],
    summary: 'Show one event with its task, request and reason',
    args: eventArgs,
    flags: {},
    load: async () => (await import('./get.ts')).getAudit,
  }),
];
