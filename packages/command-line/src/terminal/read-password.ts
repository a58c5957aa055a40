import { CommandError } from '../error/index.ts';
import type { Terminal } from './terminal.ts';

/** Strips exactly one newline, LF or CRLF: a password may end in another. */
function withoutNewline(text: string): string {
  return text.replace(/\r?\n$/, '');
}

function notEmpty(password: string | undefined): string {
  if (password) return password;
  throw new CommandError('usage', 'the password is empty');
}

/**
 * All of standard input as a password.
 * @throws CommandError `usage` when it is empty. See docs/reference/cli.md#log-in-and-out.
 */
export async function passwordFromInput(terminal: Terminal): Promise<string> {
  return notEmpty(withoutNewline(await terminal.readAll()));
}

/** Asks for a password without echo; from anything but a terminal one line is read. @throws CommandError `usage` when it is empty. */
export async function promptPassword(terminal: Terminal, question: string): Promise<string> {
  return notEmpty(await terminal.askSecret(question));
}
