import { type CommandDefinition, defineCommand } from '@cynodeai/command-line/definition';
import type { CommandContext } from '../context.ts';
import { confirmFlags, pagingFlags } from '../shared/flags.ts';
import {
  createUserFlags,
  grantFlags,
  newUserArgs,
  resetPasswordFlags,
  revokeFlags,
  userArgs,
  userListFlags,
} from './flags.ts';

/**
 * User administration; the gateway wants system role owner or admin.
 * See docs/reference/cli.md#user-commands.
 */
export const userCommands: readonly CommandDefinition<CommandContext>[] = [
  defineCommand({
    path: ['users', 'list'],
    summary: 'List users, newest first',
    args: {},
    flags: userListFlags,
    load: async () => (await import('./list.ts')).listUsers,
  }),
  defineCommand({
    path: ['users', 'get'],
    summary: 'Show one user',
    args: userArgs,
    flags: {},
    load: async () => (await import('./get.ts')).getUser,
  }),
  defineCommand({
    path: ['users', 'create'],
    summary: 'Create a user; the password is asked for',
    args: newUserArgs,
    flags: createUserFlags,
    load: async () => (await import('./create.ts')).createUser,
  }),
  defineCommand({
    path: ['users', 'disable'],
    summary: 'Disable a user and end their sessions',
    args: userArgs,
    flags: confirmFlags,
    load: async () => (await import('./disable.ts')).disableUser,
  }),
  defineCommand({
    path: ['users', 'enable'],
    summary: 'Enable a user again',
    args: userArgs,
    flags: {},
    load: async () => (await import('./enable.ts')).enableUser,
  }),
  defineCommand({
    path: ['users', 'revoke-sessions'],
    summary: 'End every session of a user',
    args: userArgs,
    flags: confirmFlags,
    load: async () => (await import('./revoke-sessions.ts')).revokeSessions,
  }),
  defineCommand({
    path: ['users', 'reset-password'],
    summary: 'Set a new password and end every session of a user',
    args: userArgs,
    flags: resetPasswordFlags,
    load: async () => (await import('./reset-password.ts')).resetPassword,
  }),
  defineCommand({
    path: ['users', 'roles'],
    summary: 'List the roles granted to a user',
    args: userArgs,
    flags: pagingFlags,
    load: async () => (await import('./roles.ts')).listRoles,
  }),
  defineCommand({
    path: ['users', 'grant'],
    summary: 'Grant a role to a user',
    args: userArgs,
    flags: grantFlags,
    load: async () => (await import('./grant.ts')).grantRole,
  }),
  defineCommand({
    path: ['users', 'revoke'],
    summary: 'Withdraw a role of a user',
    args: userArgs,
    flags: revokeFlags,
    load: async () => (await import('./revoke.ts')).revokeRole,
  }),
];
