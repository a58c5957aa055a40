import {
  limits,
  secretNameSchema,
  utf8Bytes,
  workspaceNameSchema,
} from '@cynodeai/contracts/common';
import { basename } from 'node:path';
import process from 'node:process';
import type { Readable } from 'node:stream';
import type { CreateTaskRequest } from '@cynodeai/contracts/gateway';
import type { UploadFile } from '@cynodeai/runtime/call';
import type { Env } from '@cynodeai/runtime/config';
import { type LocalFolder, openFolder } from '../folder/local-folder.ts';
import { openAttachments } from './attachments.ts';
import { readEnvironment } from './environment.ts';
import { StandardInput } from './standard-input.ts';
import { TaskInputError } from './task-input-error.ts';
import type { TaskInputFlags } from './task-input-flags.ts';
import { readTaskText, readTextChange } from './task-text.ts';

/** A task ready to be sent; its attachments are open until it is disposed of. */
export interface TaskInput extends AsyncDisposable {
  readonly body: CreateTaskRequest;
  readonly files: readonly UploadFile[];
  /** A folder to be sent before, by whose name the task takes it. */
  readonly folder?: LocalFolder;
}

/** Where the words of flags are looked up. */
export interface TaskInputSources {
  /** The caller's own variables, for those that are named without a value. */
  readonly env?: Env;
  /** Standard input; of this process unless told. */
  readonly stdin?: () => Readable;
  /** Ends the reading of it. */
  readonly signal?: AbortSignal;
}

/** @throws TaskInputError for a name that no secret can have, or too many */
function secretNames(names: readonly string[]): string[] {
  const bad = names.find((name) => !secretNameSchema.safeParse(name).success);
  if (bad !== undefined) {
    throw new TaskInputError(`--secret takes the name of one, and ${JSON.stringify(bad)} is none`);
  }
  if (names.length <= limits.secretsPerJob) return [...names];
  throw new TaskInputError(`${names.length} secrets given; a task takes ${limits.secretsPerJob}`);
}

/** @throws TaskInputError for a name that no workspace can have */
function requireWorkspaceName(name: string): void {
  const parsed = workspaceNameSchema.safeParse(name);
  if (parsed.success) return;
  const why = parsed.error.issues[0]?.message ?? '';
  throw new TaskInputError(
    `--workspace takes the name of one, and ${JSON.stringify(name)} is none: it ${why}`,
  );
}

/** What only a job in a sandbox has. A prompt takes none: it goes to a model. */
const sandboxFlags = {
  image: '--image',
  env: '--env',
  envFile: '--env-file',
  secret: '--secret',
  workspace: '--workspace',
  dir: '--dir',
  stdin: '--stdin',
  rest: '--',
} as const;

/** @throws TaskInputError */
function checkPrompt(flags: TaskInputFlags): void {
  if (flags.useInference) {
    throw new TaskInputError('a prompt always has inference; drop --use-inference');
  }
  if (flags.timeoutSeconds !== undefined) {
    throw new TaskInputError(
      'a time limit is for a script or commands, and a prompt takes none; drop --timeout',
    );
  }
  for (const [name, flag] of Object.entries(sandboxFlags)) {
    const value = flags[name as keyof typeof sandboxFlags];
    if (value === undefined || (Array.isArray(value) && value.length === 0)) continue;
    throw new TaskInputError(
      `${flag} is for the sandbox of a script or commands, and a prompt goes to a model; drop it`,
    );
  }
}

/** @throws TaskInputError */
function checkRaw({ rest, script, stdin, image, workspace }: TaskInputFlags): void {
  if (workspace !== undefined) requireWorkspaceName(workspace);
  if (image === '') throw new TaskInputError('--image is empty; name an image');
  if (stdin && script === '-') {
    throw new TaskInputError('standard input is the script or is read by it; drop --stdin');
  }
  if (rest === undefined) return;
  if (rest.length > limits.argumentCount || utf8Bytes(rest.join('\0')) > limits.argumentsBytes) {
    const kib = limits.argumentsBytes / 1024;
    throw new TaskInputError(
      `the words behind -- are too many: ${limits.argumentCount} and ${kib} KiB at most; send a file with --attach`,
    );
  }
}

/** Standard input as a file that a job reads. @throws TaskInputError */
async function stdinFile(
  flags: TaskInputFlags,
  stdin: StandardInput,
): Promise<readonly UploadFile[]> {
  if (!flags.stdin) return [];
  const attached = flags.attach ?? [];
  if (
    attached.length >= limits.attachmentCount ||
    attached.some((path) => basename(path) === 'stdin')
  ) {
    throw new TaskInputError('--stdin counts as an attachment named stdin; drop one of the others');
  }
  const bytes = await stdin.bytes(limits.attachmentBytes);
  const chunks = async function* (): AsyncGenerator<Uint8Array> {
    yield bytes;
  };
  return [
    { name: 'stdin', contentType: 'application/octet-stream', sizeBytes: bytes.length, chunks },
  ];
}

/**
 * Turns flags into the body of `POST /v1/tasks` and the files sent with it; every named file is checked here, before
 * any request, and attachments are read through the handle that was checked.
 * @throws TaskInputError when the flags or the files break a rule; the message says which.
 */
export async function readTaskInput(
  flags: TaskInputFlags,
  { env = {}, stdin = () => process.stdin, signal }: TaskInputSources = {},
): Promise<TaskInput> {
  checkRaw(flags);
  const input = new StandardInput(stdin, signal);
  const { body, folder } = await changesOf(flags, await readTaskText(flags, input), env);
  const given = await stdinFile(flags, input);
  const { files, ...open } = await openAttachments(flags.attach ?? []);
  return {
    body: { ...body, ...(flags.stdin && { stdin: true }) },
    ...open,
    files: [...files, ...given],
    ...(folder && { folder }),
  };
}

/** What is to be other than in an old task, whose text stays where none is given. @throws as `readTaskInput` */
export async function readTaskChanges(
  flags: Omit<TaskInputFlags, 'attach' | 'stdin'>,
  { env = {}, stdin = () => process.stdin, signal }: TaskInputSources = {},
): Promise<Pick<TaskInput, 'body' | 'folder'>> {
  checkRaw(flags);
  const { inputMode: input_mode } = flags;
  const input = new StandardInput(stdin, signal);
  const text =
    (await readTextChange(flags, input)) ?? (input_mode === undefined ? {} : { input_mode });
  return changesOf(flags, text, env);
}

async function changesOf(
  flags: TaskInputFlags,
  text: Pick<CreateTaskRequest, 'input_mode' | 'prompt' | 'commands' | 'args'>,
  caller: Env,
): Promise<Pick<TaskInput, 'body' | 'folder'>> {
  if (text.input_mode === 'prompt') checkPrompt(flags);
  const env = await readEnvironment(flags, caller);
  const body: CreateTaskRequest = {
    ...text,
    ...(text.input_mode === 'script' && flags.rest?.length && { args: [...flags.rest] }),
    ...(flags.name !== undefined && { task_name: flags.name }),
    ...(flags.projectId !== undefined && { project_id: flags.projectId }),
    ...(flags.image !== undefined && { image: flags.image }),
    ...(env && { env: { ...env } }),
    ...(flags.secret?.length && { secrets: secretNames(flags.secret) }),
    ...(flags.workspace !== undefined && { workspace: flags.workspace }),
    ...(flags.useInference && { use_inference: true }),
    ...(flags.timeoutSeconds !== undefined && { timeout_seconds: flags.timeoutSeconds }),
  };
  const folder = flags.dir === undefined ? undefined : openFolder(flags.dir, caller);
  return { body, ...(folder && { folder }) };
}
