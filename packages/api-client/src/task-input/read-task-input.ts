import { type CreateTaskRequest, limits } from '@cynodeai/contracts';
import { readAttachments } from './attachments.ts';
import { sizeText } from './checked-file.ts';
import { TaskInputError } from './task-input-error.ts';
import type { TaskInputFlags } from './task-input-flags.ts';
import { readTaskText } from './task-text.ts';

/**
 * Turns flags into the body of `POST /v1/tasks`; every named file is checked and read here, before any request.
 * @throws TaskInputError when the flags or the files break a rule; the message says which.
 */
export async function readTaskInput(flags: TaskInputFlags): Promise<CreateTaskRequest> {
  const text = await readTaskText(flags);
  if (flags.useInference && text.input_mode === 'prompt') {
    throw new TaskInputError('a prompt always has inference; drop the flag that asks for it');
  }
  if (flags.timeoutSeconds !== undefined && text.input_mode === 'prompt') {
    throw new TaskInputError('a time limit is for a script or commands; a prompt takes none');
  }
  const attachments = await readAttachments(flags.attach ?? []);
  const request: CreateTaskRequest = {
    ...text,
    ...(flags.name !== undefined && { task_name: flags.name }),
    ...(flags.projectId !== undefined && { project_id: flags.projectId }),
    ...(flags.useInference && { use_inference: true }),
    ...(flags.timeoutSeconds !== undefined && { timeout_seconds: flags.timeoutSeconds }),
    ...(attachments.length > 0 && { attachments }),
  };
  if (attachments.length > 0) checkTotal(request);
  return request;
}

/** Inline attachments share the server's limit for a JSON body; base64 makes them a third larger. */
function checkTotal(request: CreateTaskRequest): void {
  const bytes = Buffer.byteLength(JSON.stringify(request));
  if (bytes <= limits.requestBodyBytes) return;
  throw new TaskInputError(
    `the task with its attachments makes a request of ${bytes} bytes, and the gateway takes ${sizeText(limits.requestBodyBytes)} (${limits.requestBodyBytes} bytes) in one; attachments count a third more than their size`,
  );
}
