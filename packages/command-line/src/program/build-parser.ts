import { Command } from 'commander';
import type { CommandDefinition, Flags, Program } from '../definition/index.ts';
import { buildArgument, buildOption } from './build-options.ts';

/** A parser made from definitions; it prints nothing itself and never ends the process. */
export interface Parser {
  readonly root: Command;
  readonly printed: () => string;
  /** Path of the command whose part of the line was wrong. */
  readonly failed: () => readonly string[];
}

type OnChosen<C> = (leaf: Command, command: CommandDefinition<C>) => void;

function addFlags(command: Command, flags: Flags): void {
  for (const [name, flag] of Object.entries(flags)) command.addOption(buildOption(name, flag));
}

/** A command without its place. */
function describe(command: Command, summary: string, notes: string | undefined): Command {
  command.summary(summary).description(summary);
  if (notes !== undefined) command.addHelpText('after', `\n${notes}`);
  return command;
}

function fillLeaf<C>(leaf: Command, definition: CommandDefinition<C>): void {
  const { summary, notes, rest } = definition;
  if (rest !== undefined) leaf.addHelpText('after', `\nBehind --: ${rest}`);
  describe(leaf, summary, notes).allowExcessArguments(false);
  for (const [name, arg] of Object.entries(definition.args)) {
    leaf.addArgument(buildArgument(name, arg));
  }
  addFlags(leaf, definition.flags);
  if (definition.verbatim) leaf.allowUnknownOption().passThroughOptions().helpOption(false);
}

/** Turns the definitions of a program into a parser; `onChosen` hears of the command that was called. */
export function buildParser<C, G extends Flags>(
  program: Program<C, G>,
  onChosen: OnChosen<C>,
): Parser {
  let printed = '';
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
    return command.helpOption('-h, --help', 'show help').enablePositionalOptions();
  };
  const root = describe(configure(new Command(program.name), []), program.summary, program.notes);
  addFlags(root, program.globals);
  root.option('--version', 'print the version and leave');
  const nodes = new Map<string, Command>([['', root]]);
  const childAt = (path: readonly string[]): Command => {
    const parent = nodes.get(path.slice(0, -1).join(' ')) ?? root;
    return configure(parent.command(path.at(-1) ?? ''), path);
  };
  for (const { name, summary } of program.groups) {
    const group = describe(childAt(name.split(' ')), summary, undefined);
    addFlags(group, program.globals);
    nodes.set(name, group);
  }
  for (const definition of program.commands) {
    const leaf = childAt(definition.path);
    if (!definition.verbatim) addFlags(leaf, program.globals);
    fillLeaf(leaf, definition);
    leaf.action(() => onChosen(leaf, definition));
  }
  return { root, printed: () => printed, failed: () => failed };
}
