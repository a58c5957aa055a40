import type { Flags } from '@cynodeai/command-line/definition';

/**
 * No flag takes a password: an argument is visible to every process of the machine.
 * See docs/reference/cli.md#log-in-and-out.
 */
export const loginFlags = {
  user: { type: 'string', short: 'u', value: 'handle', help: 'who logs in; asked for when absent' },
  handle: { type: 'string', value: 'handle', help: 'the same as --user' },
  passwordStdin: { type: 'boolean', help: 'read the password from standard input; needs --user' },
  fingerprint: {
    type: 'string',
    value: 'sha256',
    help: 'with an https --gateway: what its certificate must come from, as cynode status there prints it',
  },
} as const satisfies Flags;

export const passwdFlags = {
  passwordStdin: {
    type: 'boolean',
    help: 'read the current and, on a line of its own, the new password from standard input',
  },
} as const satisfies Flags;
