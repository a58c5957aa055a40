import { type CommandDefinition, defineCommand } from '@cynodeai/command-line/definition';
import type { CommandContext } from '../context.ts';
import { confirmFlags } from '../shared/flags.ts';

const secretArgs = { name: 'name of the secret, and of its file below /run/secrets' } as const;

/** The caller's own secrets for jobs. See docs/reference/cli.md#secret-commands. */
export const secretCommands: readonly CommandDefinition<CommandContext>[] = [
  defineCommand({
    path: ['secrets', 'list'],
    summary: 'List your secrets for jobs, without their values',
    args: {},
    flags: {},
    load: async () => (await import('./list.ts')).listSecrets,
  }),
  defineCommand({
    path: ['secrets', 'set'],
    summary: 'Keep a secret: asked for at a terminal, else all of standard input',
    args: secretArgs,
    flags: {},
    notes: `  cynork secrets set DEPLOY_KEY < deploy.pem
  cynork task create --secret DEPLOY_KEY --command 'wc -c /run/secrets/DEPLOY_KEY'`,
    load: async () => (await import('./set.ts')).setSecret,
  }),
  defineCommand({
    path: ['secrets', 'delete'],
    summary: 'Forget a secret; jobs that run keep what they were given',
    args: secretArgs,
    flags: confirmFlags,
    load: async () => (await import('./delete.ts')).deleteSecret,
  }),
];
