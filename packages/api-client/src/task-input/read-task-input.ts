import { limits, secretNameSchema } from '@cynodeai/contracts/common';
import type { CreateTaskRequest } from '@cynodeai/contracts/gateway';
import type { UploadFile } from '@cynodeai/runtime/call';
import type { Env } from '@cynodeai/runtime/config';
import { type LocalFolder, openFolder } from '../folder/local-folder.ts';
import { openAttachments } from './attachments.ts';
import { readEnvironment } from './environment.ts';
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

/** @throws TaskInputError for a name that no secret can have, or too many */
function secretNames(names: readonly string[]): string[] {
  const bad = names.find((name) => !secretNameSchema.safeParse(name).success);
  if (bad !== undefined) {
    throw new TaskInputError(`--secret takes the name of one, and ${JSON.stringify(bad)} is none`);
  }
  if (names.length <= limits.secretsPerJob) return [...names];
  throw new TaskInputError(`${names.length} secrets given; a task takes ${limits.secretsPerJob}`);
}

/**
 * Turns flags into the body of `POST /v1/tasks` and the files sent with it; every named file is checked here, before
 * any request, and attachments are read through the handle that was checked.
 * @param caller the caller's own variables, for those that are named without a value
 * @throws TaskInputError when the flags or the files break a rule; the message says which.
 */
export async function readTaskInput(flags: TaskInputFlags, caller: Env = {}): Promise<TaskInput> {
  const changes = await changesOf(flags, await readTaskText(flags), caller);
  const attachments = await openAttachments(flags.attach ?? []);
  return { ...changes, ...attachments };
}

/** What is to be other than in an old task, whose text stays where none is given. @throws as `readTaskInput` */
export async function readTaskChanges(
  flags: Omit<TaskInputFlags, 'attach'>,
  caller: Env = {},
): Promise<Pick<TaskInput, 'body' | 'folder'>> {
  const { inputMode: input_mode } = flags;
  const text = (await readTextChange(flags)) ?? (input_mode === undefined ? {} : { input_mode });
  return changesOf(flags, text, caller);
}

async function changesOf(
  flags: TaskInputFlags,
  text: Pick<CreateTaskRequest, 'input_mode' | 'prompt' | 'commands'>,
  caller: Env,
): Promise<Pick<TaskInput, 'body' | 'folder'>> {
  if (flags.useInference && text.input_mode === 'prompt') {
    throw new TaskInputError('a prompt always has inference; drop --use-inference');
  }
  if (flags.timeoutSeconds !== undefined && text.input_mode === 'prompt') {
    throw new TaskInputError(
      'a time limit is for a script or commands, and a prompt takes none; drop --timeout',
    );
  }
  const sandboxFlag = (['image', 'env', 'envFile', 'secret'] as const).find(
    (name) => flags[name]?.length,
  );
  if (sandboxFlag !== undefined && text.input_mode === 'prompt') {
    const flag = sandboxFlag === 'envFile' ? 'env-file' : sandboxFlag;
    throw new TaskInputError(
      `--${flag} is for the sandbox of a script or commands, and a prompt goes to a model; drop it`,
    );
  }
  if (flags.image === '') throw new TaskInputError('--image is empty; name an image');
  const env = await readEnvironment(flags, caller);
  if (flags.dir !== undefined && text.input_mode === 'prompt') {
    throw new TaskInputError(
      'a folder is for a script or commands, and a prompt takes none; drop --dir',
    );
  }
  const body: CreateTaskRequest = {
    ...text,
    ...(flags.name !== undefined && { task_name: flags.name }),
    ...(flags.projectId !== undefined && { project_id: flags.projectId }),
    ...(flags.image !== undefined && { image: flags.image }),
    ...(env && { env: { ...env } }),
    ...(flags.secret?.length && { secrets: secretNames(flags.secret) }),
    ...(flags.useInference && { use_inference: true }),
    ...(flags.timeoutSeconds !== undefined && { timeout_seconds: flags.timeoutSeconds }),
  };
  const folder = flags.dir === undefined ? undefined : openFolder(flags.dir);
  return { body, ...(folder && { folder }) };
}
