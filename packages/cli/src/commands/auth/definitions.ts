import { type CommandDefinition, defineCommand } from '@cynodeai/command-line/definition';
import type { CommandContext } from '../context.ts';
import { loginFlags, passwdFlags } from './flags.ts';

export const authCommands: readonly CommandDefinition<CommandContext>[] = [
  defineCommand({
    path: ['auth', 'login'],
    summary: 'Log in and keep the session',
    args: {},
    flags: loginFlags,
    load: async () => (await import('./login.ts')).login,
  }),
  defineCommand({
    path: ['auth', 'logout'],
    summary: 'End the session and forget it',
    args: {},
    flags: {},
    load: async () => (await import('./logout.ts')).logout,
  }),
  defineCommand({
    path: ['auth', 'whoami'],
    summary: 'Show who is logged in',
    args: {},
    flags: {},
    load: async () => (await import('./whoami.ts')).whoami,
  }),
  defineCommand({
    path: ['auth', 'refresh'],
    summary: 'Renew the stored session',
    args: {},
    flags: {},
    load: async () => (await import('./refresh.ts')).refresh,
  }),
  defineCommand({
    path: ['auth', 'passwd'],
    summary: 'Change your password and end your other sessions',
    args: {},
    flags: passwdFlags,
    load: async () => (await import('./passwd.ts')).passwd,
  }),
];
