import { createReadStream } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { type Terminal, passwordFromInput, promptPassword } from '@cynodeai/command-line/terminal';
import { boundedChunks, errorCodeOf } from '@cynodeai/runtime/std';
import { LauncherError } from '../base/launcher-error.ts';

/** Where a command line says that a password is. */
export interface PasswordPlace {
  /** `-` is standard input. */
  readonly passwordFile?: string;
  readonly passwordStdin?: boolean;
}

/** Far above the longest password, bytes. */
const maxFileBytes = 64 * 1024;

async function fromFile(path: string, what = 'password'): Promise<string> {
  const tooLong = (): LauncherError =>
    new LauncherError(
      'usage',
      `${path} has more than ${maxFileBytes / 1024} KiB, and is no ${what}`,
    );
  const chunks = boundedChunks(createReadStream(path), maxFileBytes, tooLong);
  const bytes = await buffer(chunks).catch((cause: unknown) => {
    if (cause instanceof LauncherError) throw cause;
    const why = errorCodeOf(cause) ?? 'it is no file';
    throw new LauncherError('usage', `cannot read the ${what} from ${path}: ${why}`, { cause });
  });
  const text = bytes.toString('utf8').replace(/\r?\n$/, '');
  if (text === '') throw new LauncherError('usage', `${path} holds no ${what}`);
  return text;
}

/**
 * A passphrase: from a file (`-` is standard input), or asked for at a terminal, twice where it is a new one.
 * @throws LauncherError, CommandError `usage` where none is given, `interrupted`
 */
export async function passphraseOf(
  file: string | undefined,
  terminal: Terminal,
  isNew: boolean,
): Promise<string> {
  if (file !== undefined && file !== '-') return fromFile(file, 'passphrase');
  if (file === '-') return passwordFromInput(terminal);
  if (!terminal.isInteractive) {
    throw new LauncherError(
      'usage',
      'name a file that holds the passphrase with --passphrase-file, or - for standard input; it never belongs on a command line',
    );
  }
  const passphrase = await promptPassword(terminal, 'Passphrase of the backup:');
  if (isNew && (await promptPassword(terminal, 'Again:')) !== passphrase) {
    throw new LauncherError('usage', 'the passphrases differ; nothing was written');
  }
  return passphrase;
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
