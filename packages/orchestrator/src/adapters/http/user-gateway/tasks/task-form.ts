import { parseJson } from '@cynodeai/runtime/std';
import { type CreateTaskRequest, gatewayRoutes } from '@cynodeai/contracts/gateway';
import {
  type FormPart,
  ProblemError,
  type StreamedBody,
  readForm,
  validationProblem,
} from '@cynodeai/runtime/http';
import type { IncomingFile } from '../../../../app/tasks/task-blobs.ts';

/** A task that comes as a form: its JSON was read, its files are still arriving. */
export interface TaskForm {
  readonly request: CreateTaskRequest;
  /** In their order, once; throws ProblemError `validation` for a part that is none. */
  readonly files: AsyncIterable<IncomingFile>;
}

const { body: schema, form } = gatewayRoutes.createTask;

async function bytesOf(part: FormPart, limitBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of part.chunks) {
    size += chunk.length;
    if (size > limitBytes) {
      const text = `the part "${form.field}" may have at most ${limitBytes} bytes`;
      throw new ProblemError('payload_too_large', text);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

function parsed(bytes: Buffer): unknown {
  try {
    return parseJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    const text = `the part "${form.field}" is not valid JSON in UTF-8`;
    throw new ProblemError('validation', text, { cause });
  }
}

async function readTask(part: FormPart, limitBytes: number): Promise<CreateTaskRequest> {
  const type = part.contentType ?? 'application/json';
  // Some clients label every field as text.
  if (!/^(?:application\/json|text\/plain)\s*(?:;|$)/i.test(type)) {
    const text = `send the part "${form.field}" as application/json`;
    throw new ProblemError('unsupported_media_type', text);
  }
  const input = parsed(await bytesOf(part, limitBytes));
  const task = schema.safeParse(input);
  if (!task.success) throw validationProblem(task.error, input, 'body');
  return task.data;
}

function fileOf({ name, fileName, contentType, chunks }: FormPart): IncomingFile {
  if (name !== form.files) {
    const text = `unknown part ${JSON.stringify(name.slice(0, 100))}; files are parts named "${form.files}"`;
    throw new ProblemError('validation', text);
  }
  if (fileName === undefined) {
    throw new ProblemError('validation', `a part "${form.files}" has no file name`);
  }
  if (contentType !== undefined && contentType.length > 255) {
    throw new ProblemError('validation', `the content type of a file is too long`);
  }
  return { name: fileName, contentType, chunks };
}

async function* filesOf(parts: AsyncIterable<FormPart>): AsyncGenerator<IncomingFile> {
  for await (const part of parts) yield fileOf(part);
}

/**
 * Reads the task of a form and opens its files.
 * @throws ProblemError. See docs/reference/tasks-and-jobs.md#attachments
 */
export async function openTaskForm(content: StreamedBody): Promise<TaskForm> {
  const parts = readForm(content.contentType, content.chunks);
  try {
    const first = await parts.next();
    if (first.done === true || first.value.name !== form.field) {
      throw new ProblemError('validation', `the first part must be named "${form.field}"`);
    }
    const request = await readTask(first.value, content.plainLimitBytes);
    return { request, files: filesOf(parts) };
  } catch (error) {
    await parts.return(undefined);
    throw error;
  }
}
