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

function timeLimit({
  timeout_seconds: seconds,
}: CreateTaskRequest): Pick<TaskInput, 'timeoutSeconds'> {
  return seconds === undefined ? {} : { timeoutSeconds: seconds };
}

function commandsInput(request: CreateTaskRequest): TaskInput {
  if (request.commands !== undefined && request.prompt !== undefined) {
    refuse('commands', 'send either prompt or commands, not both');
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
    useInference: request.use_inference ?? false,
    ...timeLimit(request),
    wishes: readSandboxWishes(request),
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
  if (mode === 'prompt' && request.timeout_seconds !== undefined) {
    refuse('timeout_seconds', 'timeout_seconds needs "input_mode": "script" or "commands"');
  }
  const text = requirePrompt(request);
  const maxBytes = mode === 'script' ? limits.scriptBytes : limits.promptBytes;
  if (utf8Bytes(text) > maxBytes) tooLarge(`a ${mode}`, maxBytes);
  // A prompt always goes to a model, whatever the caller asks (REQ-ORCHES-0125).
  const useInference = mode === 'prompt' || (request.use_inference ?? false);
  const wishes = readSandboxWishes(request);
  return { mode, text, useInference, ...timeLimit(request), wishes };
}

/** The name the caller wants, under either of its two field names. @throws OrchestratorError `input_invalid` when they differ. */
export function wantedTaskName(request: CreateTaskRequest): string | undefined {
  const { task_name: taskName, name } = request;
  if (taskName !== undefined && name !== undefined && taskName !== name) {
    refuse('name', 'task_name and name are the same field; send one of them');
  }
  return taskName ?? name;
}
