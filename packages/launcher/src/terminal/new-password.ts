import { readFile } from 'node:fs/promises';
import { type Terminal, passwordFromInput, promptPassword } from '@cynodeai/command-line/terminal';
import { errorCodeOf } from '@cynodeai/runtime/std';
import { LauncherError } from '../base/launcher-error.ts';

/** Where a command line says that a password is. */
export interface PasswordPlace {
  /** `-` is standard input. */
  readonly passwordFile?: string;
  readonly passwordStdin?: boolean;
}

/** Far above the longest password, bytes. */
const maxFileBytes = 64 * 1024;

async function fromFile(path: string): Promise<string> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    const why = errorCodeOf(cause) ?? 'it is no file';
    throw new LauncherError('usage', `cannot read the password from ${path}: ${why}`, { cause });
  });
  const text = bytes
    .subarray(0, maxFileBytes)
    .toString('utf8')
    .replace(/\r?\n$/, '');
  if (text === '') throw new LauncherError('usage', `${path} holds no password`);
  return text;
}

/**
 * A new password of somebody: from a file, standard input, or asked for twice at a terminal.
 * @throws LauncherError, CommandError `usage` where none is given, `interrupted`
 */
export async function newPassword(
  handle: string,
  { passwordFile, passwordStdin }: PasswordPlace,
  terminal: Terminal,
): Promise<string> {
  if (passwordFile !== undefined && passwordFile !== '-') return fromFile(passwordFile);
  if (passwordFile === '-' || passwordStdin) return passwordFromInput(terminal);
  if (!terminal.isInteractive) {
    throw new LauncherError(
      'usage',
      'give the password on standard input and say --password-stdin, or name a file with --password-file; it never belongs on a command line',
    );
  }
  const password = await promptPassword(terminal, `New password of ${handle}:`);
  if ((await promptPassword(terminal, 'Again:')) !== password) {
    throw new LauncherError('usage', 'the passwords differ; nothing was changed');
  }
  return password;
}
