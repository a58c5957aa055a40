import type { Args, CommandInput, Flags } from './flag.ts';

/** Does what a command is for; answers its exit code, 0 unless told. */
export type CommandHandler<C, A extends Args, F extends Flags> = (
  context: C,
  input: CommandInput<A, F>,
) => Promise<number | void>;

/** A command prints JSON lines always, or only with one of its flags. */
export type JsonLines = 'always' | { readonly flag: string };

/** What is known of a command without its code. */
export interface CommandData<A extends Args, F extends Flags> {
  /** `['task', 'create']` */
  readonly path: readonly string[];
  readonly summary: string;
  readonly args: A;
  readonly flags: F;
  /** When `-o jsonl` is taken; it is refused elsewhere. See docs/reference/cli.md#command-line. */
  readonly jsonLines?: JsonLines;
  /** Shown below the help, such as examples. */
  readonly notes?: string;
  /** It takes words behind `--`, untouched; what they are, for the help. */
  readonly rest?: string;
  /** Every word behind the name is taken as it is, flags and `--help` too; `args` has one, of `many`. */
  readonly verbatim?: true;
}

/** Parsed input without the command's own types. */
export interface ParsedInput {
  readonly args: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly flags: Readonly<Record<string, unknown>>;
  /** Words behind `--` of a command that takes them. */
  readonly rest?: readonly string[];
}

/** Everything about a command but its code, which is loaded only when it runs. */
export interface CommandDefinition<C> extends CommandData<Args, Flags> {
  /** Loads and runs the command with values parsed by the definitions above. */
  readonly run: (context: C, input: ParsedInput) => Promise<number>;
}

export interface CommandSpec<C, A extends Args, F extends Flags> extends CommandData<A, F> {
  readonly load: () => Promise<CommandHandler<C, A, F>>;
}

/** Ties a handler to its definitions and hides their types, so that commands fit in one table. */
export function defineCommand<C, A extends Args, F extends Flags>(
  spec: CommandSpec<C, A, F>,
): CommandDefinition<C> {
  const { load, ...data } = spec;
  return {
    ...data,
    run: async (context, input) => {
      const handler = await load();
      // The parser made these values from `args` and `flags` of this very spec.
      return (await handler(context, input as CommandInput<A, F>)) ?? 0;
    },
  };
}

/** A folder of commands, such as `task`, or `task artifacts` in it; the outer one comes first. */
export interface CommandGroup {
  readonly name: string;
  readonly summary: string;
}

/** A program's command line as data. */
export interface Program<C, G extends Flags = Flags> {
  readonly name: string;
  readonly summary: string;
  /** Flags every command takes, before or after its name. */
  readonly globals: G;
  readonly groups: readonly CommandGroup[];
  /** In the order of the help. */
  readonly commands: readonly CommandDefinition<C>[];
  /** Shown below the help of the program. */
  readonly notes?: string;
}
