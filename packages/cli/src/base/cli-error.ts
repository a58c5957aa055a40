import type { CommandErrorCode } from '@cynodeai/command-line/error';
import { CodedError } from '@cynodeai/runtime/std';

/** Why a command did not succeed; each has one exit code. See docs/reference/cli.md#exit-codes. */
export type CliErrorCode =
  CommandErrorCode | 'auth' | 'not_found' | 'conflict' | 'validation' | 'gateway';

/** A failure whose message is fit for the user; it never holds a secret. */
export class CliError extends CodedError<CliErrorCode> {}

/**
 * The refusal of a command that needs a session when there is none.
 * @param login command that would make one
 * @param why what else there is to know
 * See docs/reference/cli.md#errors.
 */
export function notLoggedIn(login: string, why = ''): CliError {
  return new CliError('auth', `not logged in: run '${login}' or set CYNORK_TOKEN${why}`);
}

/** The refusal of a token that no gateway can have given out; nothing has been sent. */
export function unusableToken(login: string): CliError {
  return new CliError(
    'auth',
    `the access token holds blanks, line breaks or characters outside ASCII: set CYNORK_TOKEN again, or run '${login}'`,
  );
}
