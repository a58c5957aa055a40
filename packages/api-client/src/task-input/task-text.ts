import { limits } from '@cynodeai/contracts/common';
import type { InputMode } from '@cynodeai/contracts/gateway';
import { readCheckedText } from './checked-file.ts';
import { TaskInputError } from './task-input-error.ts';
import type { StandardInput } from './standard-input.ts';
import type { TaskInputFlags } from './task-input-flags.ts';

/** The text of a task as the wire takes it. */
export type TaskText =
  | { readonly input_mode: InputMode; readonly prompt: string }
  | { readonly input_mode: 'commands'; readonly commands: string[] }
  | { readonly input_mode: 'commands'; readonly args: string[] };

function textInMode(text: string, mode: InputMode | undefined): TaskText {
  if (text === '') throw new TaskInputError('the task is empty; say what to do');
  return { input_mode: mode ?? 'prompt', prompt: text };
}

function commandsOf(lines: readonly string[], from: string): TaskText {
  if (lines.every((line) => line.trim() === '')) {
    throw new TaskInputError(`${from} holds no command`);
  }
  return { input_mode: 'commands', commands: [...lines] };
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line))
    .filter((line) => line.trim() !== '');
}

function onlyMode(flags: TaskInputFlags, mode: InputMode, source: string): void {
  if (flags.inputMode !== undefined && flags.inputMode !== mode) {
    throw new TaskInputError(`${source} is always sent as ${mode}; drop --input-mode`);
  }
}

/** A file that a shell reads: a byte order mark or Windows line ends would be part of its commands. */
function shellText(path: string, text: string): string {
  if (text.startsWith('\uFEFF')) {
    throw new TaskInputError(
      `${path} begins with a byte order mark (BOM), which a shell takes for part of the first command; save it as UTF-8 without BOM`,
    );
  }
  return text;
}

async function readShellText(path: string, maxBytes: number): Promise<string> {
  return shellText(path, await readCheckedText(path, maxBytes));
}

async function readScript(path: string, stdin: StandardInput): Promise<string> {
  const text =
    path === '-'
      ? shellText('standard input', await stdin.text(limits.scriptBytes))
      : await readShellText(path, limits.scriptBytes);
  if (text.split('\n', 1)[0]?.endsWith('\r') === true) {
    throw new TaskInputError(
      `${path} has Windows line ends (CRLF), which a shell takes for part of each command; convert it: sed -i 's/\\r$//' ${path}`,
    );
  }
  return text;
}

type Source = (flags: TaskInputFlags) => Promise<TaskText>;

function sourcesOf(flags: TaskInputFlags, stdin: StandardInput): Source[] {
  const { prompt, taskFile, script, command, commandsFile, rest } = flags;
  const sources: Source[] = [];
  if (prompt !== undefined) sources.push(async ({ inputMode }) => textInMode(prompt, inputMode));
  if (taskFile !== undefined) {
    sources.push(async ({ inputMode }) =>
      textInMode(await readCheckedText(taskFile, limits.promptBytes), inputMode),
    );
  }
  if (script !== undefined) {
    sources.push(async (all) => {
      onlyMode(all, 'script', 'a script file');
      return textInMode(await readScript(script, stdin), 'script');
    });
  }
  if (command !== undefined && command.length > 0) {
    sources.push(async (all) => {
      onlyMode(all, 'commands', 'a command');
      return commandsOf(command, 'the command line');
    });
  }
  if (rest !== undefined && script === undefined) {
    sources.push(async (all) => {
      onlyMode(all, 'commands', 'a command');
      if ((rest[0] ?? '') === '') throw new TaskInputError('there is no command behind --');
      return { input_mode: 'commands', args: [...rest] };
    });
  }
  if (commandsFile !== undefined) {
    sources.push(async (all) => {
      onlyMode(all, 'commands', 'a commands file');
      return commandsOf(
        linesOf(await readShellText(commandsFile, limits.commandsBytes)),
        commandsFile,
      );
    });
  }
  return sources;
}

/** The same where a text is given; undefined where none is. @throws TaskInputError as `readTaskText` */
export async function readTextChange(
  flags: TaskInputFlags,
  stdin: StandardInput,
): Promise<TaskText | undefined> {
  return sourcesOf(flags, stdin).length === 0 ? undefined : readTaskText(flags, stdin);
}

/**
 * The text of the one source given, never reinterpreted: only an explicit script or commands source or mode is raw.
 * @throws TaskInputError for no source, several, or one that cannot be read.
 */
export async function readTaskText(flags: TaskInputFlags, stdin: StandardInput): Promise<TaskText> {
  const [source, ...others] = sourcesOf(flags, stdin);
  if (source === undefined) {
    throw new TaskInputError(
      'nothing to do: give a prompt, --task-file, --script, --command, --commands-file, or a command behind --',
    );
  }
  if (others.length > 0) {
    throw new TaskInputError(
      'give one input only: a prompt, --task-file, --script, --command, --commands-file, or a command behind --',
    );
  }
  return source(flags);
}
