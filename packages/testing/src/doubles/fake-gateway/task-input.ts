import { envFault, limits, normaliseImageRef, utf8Bytes } from '@cynodeai/contracts/common';
import type { CreateTaskRequest, InputMode, RerunTaskRequest } from '@cynodeai/contracts/gateway';
import { ProblemError } from '@cynodeai/runtime/http';
import type { TaskFacts } from './fake-task.ts';

/** Refuses a field with 400. */
export function refuseField(field: string, message: string): never {
  throw new ProblemError('validation', message, { errors: [{ field, message }] });
}

const maxBytes: Readonly<Record<InputMode, number>> = {
  prompt: limits.promptBytes,
  script: limits.scriptBytes,
  commands: limits.commandsBytes,
};

const isBlank = (text: string): boolean => text.trim() === '';

function checkWishes(request: CreateTaskRequest, mode: InputMode): void {
  const { image, env, folder, secrets, workspace } = request;
  for (const [field, value] of Object.entries({ image, env, folder, secrets, workspace })) {
    if (value !== undefined && mode === 'prompt') refuseField(field, 'is for scripts and commands');
  }
  if (image !== undefined && normaliseImageRef(image) === undefined) {
    refuseField('image', 'must be an image reference');
  }
  const fault = env && envFault(env);
  if (fault !== undefined) refuseField('env', fault);
}

/** Mode and text of a new task. See docs/reference/tasks-and-jobs.md#create. @throws ProblemError */
export function readText(request: CreateTaskRequest): {
  readonly mode: InputMode;
  readonly text: string;
} {
  const { input_mode: mode = 'prompt', prompt, commands } = request;
  for (const field of ['timeout_seconds', 'args', 'stdin'] as const) {
    if (mode === 'prompt' && request[field] !== undefined) {
      refuseField(field, 'is for scripts and commands');
    }
  }
  if (commands !== undefined && mode !== 'commands') {
    refuseField('commands', 'is for mode commands');
  }
  if (commands !== undefined && prompt !== undefined) {
    refuseField('commands', 'send either prompt or commands');
  }
  checkWishes(request, mode);
  const { args } = request;
  if (args !== undefined && utf8Bytes(args.join('\0')) > limits.argumentsBytes) {
    throw new ProblemError('payload_too_large', 'args are too large');
  }
  if (mode === 'commands' && args !== undefined) {
    if ((prompt ?? commands) !== undefined) refuseField('args', 'are the command itself');
    if (args[0] === '') refuseField('args', 'the command must not be empty');
    return { mode, text: args.join(' ') };
  }
  const text = prompt ?? commands?.filter((item) => !isBlank(item)).join('\n');
  const field = commands === undefined ? 'prompt' : 'commands';
  if (text === undefined || isBlank(text)) return refuseField(field, 'must not be blank');
  if (utf8Bytes(text) > maxBytes[mode]) {
    throw new ProblemError(
      'payload_too_large',
      `a ${mode} may have at most ${maxBytes[mode]} bytes`,
    );
  }
  return { mode, text };
}

/** A task like an old one but for what is changed. See docs/reference/tasks-and-jobs.md#run-again. */
export function changed(
  old: TaskFacts,
  changes: RerunTaskRequest,
  isOwn: boolean,
): CreateTaskRequest {
  const mode = changes.input_mode ?? old.mode;
  const { prompt: _text, commands, name, task_name, image, env, folder, ...rest } = old.request;
  const isRetold =
    changes.prompt !== undefined ||
    changes.commands !== undefined ||
    (mode === 'commands' && changes.args !== undefined);
  const isNamed = (name ?? task_name) !== undefined;
  const base = old.rerunOf === undefined ? old.name : old.name.replace(/-\d{1,6}$/, '');
  const isRenamed = changes.name !== undefined || changes.task_name !== undefined;
  const { timeout_seconds, use_inference, secrets, workspace, stdin, args, ...more } = rest;
  const { attachments: _files, ...others } = more;
  const words = mode === old.mode && args !== undefined ? { args } : undefined;
  const lines = mode === 'commands' ? ((commands && { commands }) ?? words) : undefined;
  const text = lines ?? { prompt: old.text };
  const known = isOwn ? env : undefined;
  const asked = Object.keys(env ?? {}).filter((key) => known?.[key] === undefined);
  const unknown = asked.filter((key) => changes.env?.[key] === undefined);
  if (mode !== 'prompt' && unknown.length > 0) {
    throw new ProblemError('conflict', `give the values of ${unknown.join(', ')}`);
  }
  const all = { ...known, ...changes.env };
  const raw = {
    timeout_seconds,
    use_inference,
    image,
    folder,
    secrets,
    workspace,
    stdin,
    env: all,
  };
  return {
    ...others,
    ...(mode !== 'prompt' && raw),
    ...(mode === 'script' && words),
    ...(!isRetold && text),
    project_id: old.projectId,
    ...(isNamed && !isRenamed && { task_name: base }),
    ...changes,
    input_mode: mode,
    ...(mode !== 'prompt' && { env: raw.env }),
  };
}

const uuidLike = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function slug(text: string): string {
  const dashed = text.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  return dashed.replace(/^-/, '').slice(0, limits.taskNameChars).replace(/-$/, '');
}

/** The name a new task gets. See docs/reference/tasks-and-jobs.md#names. @throws ProblemError */
export function chooseName(
  { task_name: taskName, name }: CreateTaskRequest,
  text: string,
  isTaken: (name: string) => boolean,
): string {
  if (taskName !== undefined && name !== undefined && taskName !== name) {
    refuseField('name', 'is the same field as task_name');
  }
  const wanted = slug(taskName ?? name ?? '') || slug(text.trim().split(/\s+/, 6).join(' '));
  const base = uuidLike.test(wanted) ? `task-${wanted}` : wanted || 'task';
  for (let number = 1; ; number += 1) {
    const suffix = number === 1 ? '' : `-${number}`;
    const chosen = `${base.slice(0, limits.taskNameChars - suffix.length)}${suffix}`;
    if (!isTaken(chosen)) return chosen;
  }
}
