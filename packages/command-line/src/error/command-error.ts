import { CodedError } from '@cynodeai/runtime/std';

/** Why a command line could not go on, whatever the program: its words, our defect, or a signal. */
export type CommandErrorCode = 'usage' | 'internal' | 'interrupted' | 'hung_up' | 'terminated';

/** A failure whose message is fit for the user; it never holds a secret. */
export class CommandError extends CodedError<CommandErrorCode> {}

/** The command line cannot be understood. */
export class UsageError extends CommandError {
  /** The command whose help says more; empty for the program's own. */
  readonly path: readonly string[];

  constructor(message: string, path: readonly string[], options?: ErrorOptions) {
    super('usage', message, options);
    this.path = path;
  }
}
