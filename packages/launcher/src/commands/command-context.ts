import type { CommandInput, Args, Flags } from '@cynodeai/command-line/definition';
import type { Notes, Output } from '@cynodeai/command-line/output';
import type { Terminal } from '@cynodeai/command-line/terminal';
import type { Env } from '@cynodeai/runtime/config';

/** What a command gets from the outside. */
export interface CommandContext {
  readonly env: Env;
  readonly output: Output;
  readonly notes: Notes;
  /** Fires on the first Ctrl-C or SIGTERM; a command that never asks for it ends at once on either. */
  readonly signal: AbortSignal;
}

/** What a command gets that asks for a secret. */
export interface AskingContext extends CommandContext {
  readonly terminal: Terminal;
}

/** What was typed of some flags. */
export type FlagsOf<F extends Flags> = CommandInput<Args, F>['flags'];
