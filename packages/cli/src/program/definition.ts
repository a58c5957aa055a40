import type { CommandContext } from '../command-context.ts';
import type { Args, CommandInput, Flags } from './flag.ts';

export type CommandHandler<A extends Args, F extends Flags> = (
  context: CommandContext,
  input: CommandInput<A, F>,
) => Promise<void>;

/** A command prints JSON lines always, or only with one of its flags. */
export type JsonLines = 'always' | { readonly flag: string };

/** Everything about a command but its code, which is loaded only when it runs. */
export interface CommandDefinition {
  /** `['task', 'create']` */
  readonly path: readonly string[];
  readonly summary: string;
  readonly args: Args;
  readonly flags: Flags;
  /** When `-o jsonl` is taken; it is refused elsewhere. Contract 05 section 2.1. */
  readonly jsonLines?: JsonLines;
  /** Loads and runs the command with values parsed by the definitions above. */
  readonly run: (context: CommandContext, input: ParsedInput) => Promise<void>;
}

/** Parsed input without the command's own types. */
export interface ParsedInput {
  readonly args: Readonly<Record<string, string>>;
  readonly flags: Readonly<Record<string, unknown>>;
}

export interface CommandSpec<A extends Args, F extends Flags> {
  readonly path: readonly string[];
  readonly summary: string;
  readonly args: A;
  readonly flags: F;
  readonly jsonLines?: JsonLines;
  readonly load: () => Promise<CommandHandler<A, F>>;
}

/** Ties a handler to its definitions and hides their types, so that commands fit in one table. */
export function defineCommand<A extends Args, F extends Flags>(
  spec: CommandSpec<A, F>,
): CommandDefinition {
  const { load, ...data } = spec;
  return {
    ...data,
    run: async (context, input) => {
      const handler = await load();
      // The parser made these values from `args` and `flags` of this very spec.
      await handler(context, input as CommandInput<A, F>);
    },
  };
}

/** A folder of commands, such as `task`, or `task artifacts` in it; the outer one comes first. */
export interface CommandGroup {
  readonly name: string;
  readonly summary: string;
}
