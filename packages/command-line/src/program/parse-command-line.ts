import { oneLine } from '@cynodeai/runtime/std';
import { CommanderError } from 'commander';
import type { Command } from 'commander';
import type {
  CommandDefinition,
  FlagValues,
  Flags,
  ParsedInput,
  Program,
} from '../definition/index.ts';
import { UsageError } from '../error/index.ts';
import { buildParser } from './build-parser.ts';

/** A command that was understood, ready to run. */
export interface RunRequest<C, G extends Flags> {
  readonly kind: 'run';
  readonly command: CommandDefinition<C>;
  readonly input: ParsedInput;
  readonly globals: FlagValues<G>;
}

/** What the command line asks for. */
export type Request<C, G extends Flags> =
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'version' }
  | RunRequest<C, G>;

/** Value of a flag in the parser's own naming, where `--no-color` sets `color` to false. */
function valueOf(command: Command, name: string): unknown {
  const negated = /^no[A-Z]/.test(name);
  if (!negated) return command.getOptionValue(name);
  const positive = name.slice(2, 3).toLowerCase() + name.slice(3);
  return command.getOptionValue(positive) === false ? true : undefined;
}

function valuesOf(command: Command, flags: Flags): Record<string, unknown> {
  const entries = Object.keys(flags).map((name) => [name, valueOf(command, name)] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/** Global flags may stand at every level; the one nearest to the command wins. */
function globalsOf<G extends Flags>(leaf: Command, flags: G): FlagValues<G> {
  const merged: Record<string, unknown> = {};
  for (let command: Command | null = leaf; command !== null; command = command.parent) {
    for (const [name, value] of Object.entries(valuesOf(command, flags))) merged[name] ??= value;
  }
  // The parser made these values from the definitions in `flags`.
  return merged as FlagValues<G>;
}

function requestOf<C, G extends Flags>(
  { globals }: Program<C, G>,
  leaf: Command,
  command: CommandDefinition<C>,
): RunRequest<C, G> {
  const names = Object.keys(command.args);
  const words = leaf.processedArgs as readonly (string | readonly string[] | undefined)[];
  const args = Object.fromEntries(names.map((name, index) => [name, words[index]]));
  const input = { args, flags: valuesOf(leaf, command.flags) };
  return { kind: 'run', command, input, globals: globalsOf(leaf, globals) };
}

/** `error: unknown option '--x'` and a suggestion on the next line, as one line; surplus arguments are not repeated. */
function reasonOf(error: CommanderError): string {
  const surplus =
    /^error: (too many arguments for '[^']*')\. Expected (\d+) arguments? but got (\d+)/;
  const [, what, expected, got] = surplus.exec(error.message) ?? [];
  if (what !== undefined) {
    return `${what}: ${expected} expected, ${got} given; put quotes around words that belong together`;
  }
  return oneLine(error.message.replace(/^error: /, '')).replace(/\.$/, '');
}

const helpCodes = ['commander.help', 'commander.helpDisplayed'];

/** The words behind the first `--` when they are for a command that takes such; undefined otherwise. */
function parseWithRest<C, G extends Flags>(
  program: Program<C, G>,
  argv: readonly string[],
): RunRequest<C, G> | undefined {
  const at = argv.indexOf('--');
  if (at === -1 || program.commands.every(({ rest }) => rest === undefined)) return undefined;
  try {
    const request = parseWhole(program, argv.slice(0, at));
    if (request.kind !== 'run' || request.command.rest === undefined) return undefined;
    return { ...request, input: { ...request.input, rest: argv.slice(at + 1) } };
  } catch (error) {
    // It may be the value of a flag; the whole line says what is wrong.
    if (error instanceof UsageError) return undefined;
    throw error;
  }
}

/**
 * Reads the command line by the definitions of a program.
 * @throws UsageError with a one-line reason. See docs/reference/cli.md#command-line.
 */
export function parseCommandLine<C, G extends Flags>(
  program: Program<C, G>,
  argv: readonly string[],
): Request<C, G> {
  return parseWithRest(program, argv) ?? parseWhole(program, argv);
}

function parseWhole<C, G extends Flags>(
  program: Program<C, G>,
  argv: readonly string[],
): Request<C, G> {
  let chosen: Request<C, G> | undefined;
  const parser = buildParser(program, (leaf, command) => {
    chosen = requestOf(program, leaf, command);
  });
  const helped = (text: string): Request<C, G> =>
    parser.root.getOptionValue('version') === true ? { kind: 'version' } : { kind: 'help', text };
  try {
    parser.root.parse(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (helpCodes.includes(error.code)) return helped(parser.printed());
    throw new UsageError(reasonOf(error), parser.failed(), { cause: error });
  }
  return chosen ?? helped(parser.root.helpInformation());
}
