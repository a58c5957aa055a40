import type { Args, Flags } from '@cynodeai/command-line/definition';
import { confirmFlags, pagingFlags } from '../shared/flags.ts';

/** Every command on one user takes their uuid or handle. */
export const userArgs = { user: 'uuid or handle of the user' } as const satisfies Args;

export const newUserArgs = { handle: 'name to log in with' } as const satisfies Args;

export const userListFlags = {
  active: {
    type: 'choice',
    value: 'bool',
    choices: ['true', 'false'],
    help: 'only users who are enabled, or only those who are not',
  },
  query: { type: 'string', value: 'text', help: 'only users with this in handle or email' },
  ...pagingFlags,
} as const satisfies Flags;

/**
 * No flag takes a password: an argument is visible to every process of the machine.
 * See docs/reference/cli.md#log-in-and-out.
 */
const passwordFlag = {
  passwordStdin: { type: 'boolean', help: 'read the password from standard input' },
} as const satisfies Flags;

export const createUserFlags = {
  email: { type: 'string', value: 'address', help: 'email address of the user' },
  ...passwordFlag,
} as const satisfies Flags;

export const resetPasswordFlags = passwordFlag;

export const grantFlags = {
  role: {
    type: 'choice',
    value: 'role',
    choices: ['owner', 'admin', 'operator', 'member', 'viewer'],
    required: true,
    help: 'which role',
  },
  projectId: { type: 'string', value: 'uuid', help: 'in this project only' },
} as const satisfies Flags;

export const revokeFlags = { ...grantFlags, ...confirmFlags } as const satisfies Flags;
