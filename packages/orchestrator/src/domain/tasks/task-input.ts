import { limits, utf8Bytes } from '@cynodeai/contracts/common';
import type { CreateTaskRequest, InputMode } from '@cynodeai/contracts/gateway';
import { OrchestratorError } from '../errors.ts';
import { type SandboxWishes, readSandboxWishes } from './sandbox-wishes.ts';

/** What a task shall do, checked. */
export interface TaskInput {
  readonly mode: InputMode;
  /** Kept as `tasks.prompt`; for items their lines. */
  readonly text: string;
  /** Only in mode `commands`: what runs, in order, without blank items. */
  readonly commands?: readonly string[];
  /** Words behind a script, or without `commands` the command itself. */
  readonly args?: readonly string[];
  /** It reads the attachment of that name. */
  readonly stdin?: true;
  readonly useInference: boolean;
  /** Time limit of the job, seconds; the dispatcher's default when absent. */
  readonly timeoutSeconds?: number;
  readonly wishes: SandboxWishes;
}

function refuse(field: string, message: string): never {
  throw new OrchestratorError('input_invalid', message, { field });
}

function tooLarge(what: string, maxBytes: number): never {
  const size = `${maxBytes / 1024} KiB`;
  throw new OrchestratorError('input_too_large', `${what} may have at most ${size}`);
}

function requirePrompt(request: CreateTaskRequest): string {
  const { prompt } = request;
  if (prompt === undefined) return refuse('prompt', 'prompt is required');
  if (prompt.trim() === '') return refuse('prompt', 'prompt must not be blank');
  return prompt;
}

function notBlank(items: readonly string[]): readonly string[] {
  return items.filter((item) => item.trim() !== '');
}

/** What a script and commands have in common. */
function rawInput(
  request: CreateTaskRequest,
): Pick<TaskInput, 'args' | 'stdin' | 'timeoutSeconds' | 'useInference' | 'wishes'> {
  const { args, stdin, timeout_seconds: seconds, use_inference: useInference = false } = request;
  if (args !== undefined && utf8Bytes(args.join('\0')) > limits.argumentsBytes) {
    tooLarge('args together', limits.argumentsBytes);
  }
  return {
    ...(args !== undefined && { args }),
    ...(stdin === true && { stdin }),
    ...(seconds !== undefined && { timeoutSeconds: seconds }),
    useInference,
    wishes: readSandboxWishes(request),
  };
}

/** A command and its words, as a shell would take them; for people only. */
function shownCommand(args: readonly string[]): string {
  return args
    .map((word) =>
      /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`,
    )
    .join(' ');
}

function commandsInput(request: CreateTaskRequest): TaskInput {
  if (request.commands !== undefined && request.prompt !== undefined) {
    refuse('commands', 'send either prompt or commands, not both');
  }
  const { args } = request;
  if (args !== undefined) {
    if (request.commands !== undefined || request.prompt !== undefined) {
      refuse('args', 'args are the command itself; send neither prompt nor commands beside them');
    }
    if (args[0] === '') refuse('args', 'the first of args is the command and must not be empty');
    return { mode: 'commands', text: shownCommand(args), ...rawInput(request) };
  }
  const items = notBlank(request.commands ?? requirePrompt(request).split(/\r?\n/));
  if (items.length === 0) refuse('commands', 'at least one command must not be blank');
  const text = request.commands === undefined ? requirePrompt(request) : items.join('\n');
  if (utf8Bytes(text) > limits.commandsBytes) {
    tooLarge('commands together', limits.commandsBytes);
  }
  return {
    mode: 'commands',
    text,
    commands: items,
    ...rawInput(request),
  };
}

/**
 * Reads mode and text of a new task. See docs/reference/tasks-and-jobs.md#create.
 * @throws OrchestratorError `input_invalid`, `input_too_large`.
 */
export function readTaskInput(request: CreateTaskRequest): TaskInput {
  const mode = request.input_mode ?? 'prompt';
  if (mode === 'commands') return commandsInput(request);
  if (request.commands !== undefined) {
    refuse('commands', 'commands needs "input_mode": "commands"');
  }
  const rawOnly = (['timeout_seconds', 'args', 'stdin'] as const).find(
    (field) => request[field] !== undefined,
  );
  if (mode === 'prompt' && rawOnly !== undefined) {
    refuse(rawOnly, `${rawOnly} needs "input_mode": "script" or "commands"`);
  }
  const text = requirePrompt(request);
  const maxBytes = mode === 'script' ? limits.scriptBytes : limits.promptBytes;
  if (utf8Bytes(text) > maxBytes) tooLarge(`a ${mode}`, maxBytes);
  // A prompt always goes to a model, whatever the caller asks (REQ-ORCHES-0125).
  const raw = rawInput(request);
  return { mode, text, ...raw, useInference: mode === 'prompt' || raw.useInference };
}

/** The name the caller wants, under either of its two field names. @throws OrchestratorError `input_invalid` when they differ. */
export function wantedTaskName(request: CreateTaskRequest): string | undefined {
  const { task_name: taskName, name } = request;
  if (taskName !== undefined && name !== undefined && taskName !== name) {
    refuse('name', 'task_name and name are the same field; send one of them');
  }
  return taskName ?? name;
}
