import { CommandError } from '@cynodeai/command-line/error';
import { CodedError } from '@cynodeai/runtime/std';

/**
 * Why the launcher cannot go on: `usage` = the command line, `setup` = something is missing on this machine,
 * `install` = the state folder cannot be used, `port_busy`, `stack` = a role does not come up or go down,
 * `declined` = the person said no, `interrupted` = Ctrl-C.
 */
export type LauncherErrorCode =
  'usage' | 'setup' | 'install' | 'port_busy' | 'stack' | 'declined' | 'interrupted';

/** A failure to show as it is; the message says what to do next. */
export class LauncherError extends CodedError<LauncherErrorCode> {}

/** True for the end that a person or the system asked for. */
export function isInterruption(error: unknown): boolean {
  if (error instanceof CommandError) return !['usage', 'internal'].includes(error.code);
  return error instanceof LauncherError && error.code === 'interrupted';
}
