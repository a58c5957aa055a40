import { type Command, CommanderError } from 'commander';
import { LauncherError } from '../launcher-error.ts';

/** A command line that was understood, or one that only asked for help. */
export type Parsed<T> =
  | { readonly kind: 'flags'; readonly flags: T; readonly operands: readonly string[] }
  | { readonly kind: 'help' };

/** Parses a command's arguments. @throws LauncherError `usage`; commander has printed why. */
export function parse<T extends object>(command: Command, args: readonly string[]): Parsed<T> {
  command.exitOverride().configureOutput({ writeErr: () => {} });
  try {
    command.parse([...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { kind: 'help' };
    const reason = error.message.replace(/^error: /, '');
    throw new LauncherError('usage', `${reason}; see: cynode ${command.name()} --help`, {
      cause: error,
    });
  }
  return { kind: 'flags', flags: command.opts<T>(), operands: command.args };
}
