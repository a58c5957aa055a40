interface FlagBase {
  /** One letter. See docs/reference/cli.md#command-line. */
  readonly short?: string;
  readonly help: string;
}

interface ValueFlag extends FlagBase {
  /** The command cannot do without it. */
  readonly required?: true;
  /** Name of the value in the help, such as `path`. */
  readonly value: string;
}

/** One flag of a command as data. Flags have no default here: a handler sees what was typed. */
export type FlagDefinition =
  | (FlagBase & { readonly type: 'boolean' })
  | (ValueFlag & { readonly type: 'string' })
  /** May be repeated; with `many` one flag takes all words up to the next. */
  | (ValueFlag & { readonly type: 'strings'; readonly many?: true })
  | (ValueFlag & { readonly type: 'integer'; readonly min: number; readonly max: number })
  | (ValueFlag & { readonly type: 'choice'; readonly choices: readonly string[] });

/** Flags by their name in camel case; `taskFile` is `--task-file`. */
export type Flags = Readonly<Record<string, FlagDefinition>>;

/** A positional argument; required and one word unless it says otherwise. Only the last may be `many`. */
export interface ArgDefinition {
  readonly help: string;
  readonly choices?: readonly string[];
  readonly optional?: true;
  readonly many?: true;
}

/** Positional arguments by name, in order; a text alone is the help. */
export type Args = Readonly<Record<string, string | ArgDefinition>>;

/** The definition of an argument, however short it was written. */
export function argOf(arg: string | ArgDefinition): ArgDefinition {
  return typeof arg === 'string' ? { help: arg } : arg;
}

/** `taskFile` as `task-file`. */
export function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

type ArgValue<D> = D extends { readonly many: true }
  ? readonly string[]
  : D extends { readonly optional: true }
    ? string | undefined
    : string;

type FlagValue<D extends FlagDefinition> = D extends { readonly type: 'boolean' }
  ? boolean
  : D extends { readonly type: 'strings' }
    ? readonly string[]
    : D extends { readonly type: 'integer' }
      ? number
      : D extends { readonly type: 'choice'; readonly choices: readonly (infer C)[] }
        ? C
        : string;

type RequiredKeys<F extends Flags> = {
  [K in keyof F]: F[K] extends { readonly required: true } ? K : never;
}[keyof F];

/** What was typed of some flags, typed from their definitions. */
export type FlagValues<F extends Flags> = { readonly [K in keyof F]?: FlagValue<F[K]> } & {
  readonly [K in RequiredKeys<F>]: FlagValue<F[K]>;
};

/** What the user typed, parsed and typed from the definitions. */
export interface CommandInput<A extends Args, F extends Flags> {
  readonly args: { readonly [K in keyof A]: ArgValue<A[K]> };
  readonly flags: FlagValues<F>;
  /** Words behind `--` of a command that takes them; absent without a `--`. */
  readonly rest?: readonly string[];
}
