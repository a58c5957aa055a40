import type { CommandContext } from '../command-context.ts';

interface FlagBase {
  /** One letter. Contract 05 section 2.1. */
  readonly short?: string;
  readonly help: string;
}

interface ValueFlag extends FlagBase {
  /** Name of the value in the help, such as `path`. */
  readonly value: string;
}

/** One flag of a command as data. Flags have no default here: a handler sees what was typed. */
export type FlagDefinition =
  | (FlagBase & { readonly type: 'boolean' })
  | (ValueFlag & { readonly type: 'string' })
  | (ValueFlag & { readonly type: 'strings' })
  | (ValueFlag & { readonly type: 'integer'; readonly min: number; readonly max: number })
  | (ValueFlag & { readonly type: 'choice'; readonly choices: readonly string[] });

/** Flags by their name in camel case; `taskFile` is `--task-file`. */
export type Flags = Readonly<Record<string, FlagDefinition>>;

/** Positional arguments, all required, by name with their help, in order. */
export type Args = Readonly<Record<string, string>>;

type FlagValue<D extends FlagDefinition> = D extends { readonly type: 'boolean' }
  ? boolean
  : D extends { readonly type: 'strings' }
    ? readonly string[]
    : D extends { readonly type: 'integer' }
      ? number
      : D extends { readonly type: 'choice'; readonly choices: readonly (infer C)[] }
        ? C
        : string;

/** What the user typed, parsed and typed from the definitions. */
export interface CommandInput<A extends Args, F extends Flags> {
  readonly args: { readonly [K in keyof A]: string };
  readonly flags: { readonly [K in keyof F]?: FlagValue<F[K]> };
}

export type CommandHandler<A extends Args, F extends Flags> = (
  context: CommandContext,
  input: CommandInput<A, F>,
) => Promise<void>;

/** Everything about a command but its code, which is loaded only when it runs. */
export interface CommandDefinition {
  /** `['task', 'create']` */
  readonly path: readonly string[];
  readonly summary: string;
  readonly args: Args;
  readonly flags: Flags;
  /** The flag that must be given for `-o jsonl`, which is refused elsewhere. Contract 05 section 2.1. */
  readonly jsonLinesWith?: string;
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
  readonly jsonLinesWith?: string;
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

/** A folder of commands, such as `task`. */
export interface CommandGroup {
  readonly name: string;
  readonly summary: string;
}
