import {
  type ArgDefinition,
  type FlagDefinition,
  type Flags,
  type Program,
  argOf,
  kebab,
} from '../definition/index.ts';

/** What may stand where a value is expected. */
export type ValueKind =
  | { readonly kind: 'choices'; readonly choices: readonly string[] }
  | { readonly kind: 'task' }
  | { readonly kind: 'file' }
  | { readonly kind: 'text' };

export interface CompletionFlag {
  /** `-o`, `--output` */
  readonly names: readonly string[];
  readonly help: string;
  /** Undefined for a flag without a value. */
  readonly value: ValueKind | undefined;
}

export interface CompletionWord {
  readonly name: string;
  readonly help: string;
}

/** A place in the tree of commands: the root, a group or a command. */
export interface CompletionNode {
  /** Words that lead here: `['task', 'create']`. */
  readonly path: readonly string[];
  readonly children: readonly CompletionWord[];
  /** Flags of this place alone; the global ones are apart. */
  readonly flags: readonly CompletionFlag[];
  readonly args: readonly ValueKind[];
}

/** All that completion has to know, made from the command definitions. */
export interface CompletionModel {
  readonly nodes: readonly CompletionNode[];
  readonly globals: readonly CompletionFlag[];
}

function valueOfFlag(flag: FlagDefinition): ValueKind | undefined {
  if (flag.type === 'boolean') return undefined;
  if (flag.type === 'choice') return { kind: 'choices', choices: flag.choices };
  return flag.value === 'path' ? { kind: 'file' } : { kind: 'text' };
}

function flagsOf(flags: Flags): CompletionFlag[] {
  return Object.entries(flags).map(([name, flag]) => ({
    names: [...(flag.short === undefined ? [] : [`-${flag.short}`]), `--${kebab(name)}`],
    help: flag.help,
    value: valueOfFlag(flag),
  }));
}

function valueOfArg(name: string, arg: string | ArgDefinition): ValueKind {
  const { choices } = argOf(arg);
  if (choices !== undefined) return { kind: 'choices', choices };
  return { kind: name === 'task' ? 'task' : 'text' };
}

/**
 * Every place of the command line with what may follow there. See docs/reference/cli.md#completion.
 */
export function buildModel<C>({
  globals,
  groups,
  commands,
}: Pick<Program<C>, 'commands' | 'globals' | 'groups'>): CompletionModel {
  const places = [
    ...groups.map(({ name, summary }) => ({ path: name.split(' '), summary })),
    ...commands,
  ];
  const childrenOf = (group: string): CompletionWord[] =>
    places
      .filter(({ path }) => path.slice(0, -1).join(' ') === group)
      .map(({ path, summary }) => ({ name: path.at(-1) ?? '', help: summary }));
  const root: CompletionNode = {
    path: [],
    children: childrenOf(''),
    flags: [{ names: ['--version'], help: 'print the version and leave', value: undefined }],
    args: [],
  };
  return {
    globals: [
      ...flagsOf(globals),
      { names: ['-h', '--help'], help: 'show help', value: undefined },
    ],
    nodes: [
      root,
      ...groups.map(({ name }) => ({
        path: name.split(' '),
        children: childrenOf(name),
        flags: [],
        args: [],
      })),
      ...commands.map(({ path, args, flags }) => ({
        path,
        children: [],
        flags: flagsOf(flags),
        args: Object.entries(args).map(([name, arg]) => valueOfArg(name, arg)),
      })),
    ],
  };
}
