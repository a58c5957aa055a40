import { Command, CommanderError } from 'commander';
import { UsageError } from '../cli-error.ts';
import { buildArgument, buildOption } from './build-options.ts';
import type { CommandDefinition, CommandGroup, ParsedInput } from './definition.ts';
import type { Flags } from './flag.ts';
import { type GlobalOptions, globalFlags } from './global-flags.ts';

/** What the command line asks for. */
export type Request =
  | { readonly kind: 'help'; readonly text: string }
  | {
      readonly kind: 'run';
      readonly command: CommandDefinition;
      readonly input: ParsedInput;
      readonly globals: GlobalOptions;
    };

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
function globalsOf(leaf: Command): GlobalOptions {
  const merged: Record<string, unknown> = {};
  for (let command: Command | null = leaf; command !== null; command = command.parent) {
    for (const [name, value] of Object.entries(valuesOf(command, globalFlags))) {
      merged[name] ??= value;
    }
  }
  const { config, output, quiet, noColor } = merged;
  const format = globalFlags.output.choices.find((choice) => choice === output) ?? 'table';
  return {
    config: typeof config === 'string' ? config : undefined,
    format,
    quiet: quiet === true,
    noColor: noColor === true,
  };
}

interface Parser {
  readonly root: Command;
  readonly printed: () => string;
  readonly chosen: () => Request | undefined;
  /** Path of the command whose part of the line was wrong. */
  readonly failed: () => readonly string[];
}

function buildParser(
  definitions: readonly CommandDefinition[],
  groups: readonly CommandGroup[],
): Parser {
  let printed = '';
  let chosen: Request | undefined;
  let failed: readonly string[] = [];
  const write = (text: string): void => {
    printed += text;
  };
  const configure = (command: Command, path: readonly string[]): Command => {
    command.exitOverride().configureOutput({
      writeOut: write,
      writeErr: write,
      outputError: () => void (failed = path),
    });
    command.helpOption('-h, --help', 'show help');
    for (const [name, flag] of Object.entries(globalFlags))
      command.addOption(buildOption(name, flag));
    return command;
  };
  const root = configure(new Command('cynork'), [])
    .description('Command line of CyNodeAI: create tasks, read their results')
    .option('--version', 'print the version and leave')
    .enablePositionalOptions();
  const nodes = new Map<string, Command>([['', root]]);
  for (const { name, summary } of groups) {
    const path = name.split(' ');
    const parent = nodes.get(path.slice(0, -1).join(' ')) ?? root;
    nodes.set(
      name,
      configure(parent.command(path.at(-1) ?? ''), path)
        .summary(summary)
        .description(summary)
        .enablePositionalOptions(),
    );
  }
  for (const definition of definitions) {
    const parent = nodes.get(definition.path.slice(0, -1).join(' ')) ?? root;
    const leaf = configure(parent.command(definition.path.at(-1) ?? ''), definition.path)
      .summary(definition.summary)
      .description(definition.summary)
      .allowExcessArguments(false);
    for (const [name, arg] of Object.entries(definition.args))
      leaf.addArgument(buildArgument(name, arg));
    for (const [name, flag] of Object.entries(definition.flags))
      leaf.addOption(buildOption(name, flag));
    leaf.action(() => {
      const names = Object.keys(definition.args);
      const args = Object.fromEntries(names.map((name, index) => [name, leaf.args[index] ?? '']));
      const input = { args, flags: valuesOf(leaf, definition.flags) };
      chosen = { kind: 'run', command: definition, input, globals: globalsOf(leaf) };
    });
  }
  return { root, printed: () => printed, chosen: () => chosen, failed: () => failed };
}

/** `error: unknown option '--x'` and a suggestion on the next line, as one line; surplus arguments are not repeated. */
function reasonOf(error: CommanderError): string {
  return error.message
    .replace(/^error: /, '')
    .replace(/ but got (\d+): .*$/s, ' but got $1.')
    .replaceAll(/\s*\n\s*/g, ' ');
}

const helpCodes = ['commander.help', 'commander.helpDisplayed'];

function takesJsonLines({ jsonLines }: CommandDefinition, { flags }: ParsedInput): boolean {
  if (jsonLines === undefined) return false;
  return jsonLines === 'always' || flags[jsonLines.flag] === true;
}

function checkFormat({ command, input, globals }: Request & { readonly kind: 'run' }): void {
  if (globals.config === '') throw new UsageError('--config needs a path', command.path);
  if (globals.format !== 'jsonl' || takesJsonLines(command, input)) return;
  throw new UsageError(
    'the output format jsonl is only for task watch and task logs --follow',
    command.path,
  );
}

/**
 * Turns the command definitions into a parser and reads the command line with it.
 * @throws UsageError with a one-line reason. Contract 05 section 2.1.
 */
export function parseCommandLine(
  argv: readonly string[],
  definitions: readonly CommandDefinition[],
  groups: readonly CommandGroup[],
): Request {
  const parser = buildParser(definitions, groups);
  try {
    parser.root.parse(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (helpCodes.includes(error.code)) return { kind: 'help', text: parser.printed() };
    throw new UsageError(reasonOf(error), parser.failed(), { cause: error });
  }
  const request = parser.chosen() ?? { kind: 'help', text: parser.root.helpInformation() };
  if (request.kind === 'run') checkFormat(request);
  return request;
}
