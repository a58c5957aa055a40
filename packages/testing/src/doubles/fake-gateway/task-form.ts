import { limits } from '@cynodeai/contracts/common';
import {
  type CreateTaskRequest,
  attachmentNameSchema,
  gatewayRoutes,
} from '@cynodeai/contracts/gateway';
import { ProblemError, type StreamedBody, parsePart, readForm } from '@cynodeai/runtime/http';
import { parseJsonOr, uuidv7 } from '@cynodeai/runtime/std';
import { buffer as bytesOf } from 'node:stream/consumers';
import type { FakeFile } from './fake-task.ts';
import { refuseField } from './task-input.ts';

/** What a creation sent, whichever way. */
export interface SentTask {
  readonly request: CreateTaskRequest;
  readonly files: readonly FakeFile[];
}

type NewFile = Omit<FakeFile, 'id'>;

/** Count, names and sizes of a task's files. See docs/reference/tasks-and-jobs.md#attachments. @throws ProblemError */
function checked(files: readonly NewFile[]): FakeFile[] {
  if (files.length > limits.attachmentCount) refuseField('attachments', 'too many attachments');
  for (const [index, { name, bytes }] of files.entries()) {
    const field = `attachments.${index}.name`;
    if (!attachmentNameSchema.safeParse(name).success) refuseField(field, 'must be a file name');
    if (files.findIndex((file) => file.name === name) !== index) {
      refuseField(field, 'names must be unique');
    }
    if (bytes.length > limits.attachmentBytes) {
      throw new ProblemError('payload_too_large', 'an attachment is too large');
    }
  }
  return files.map((file) => ({ ...file, id: uuidv7() }));
}

/** A task that came as JSON, its files inside. @throws ProblemError */
export function fromJson(request: CreateTaskRequest): SentTask {
  const files = (request.attachments ?? []).map(({ name, content_type, content_base64 }) => ({
    name,
    contentType: content_type,
    bytes: Buffer.from(content_base64, 'base64'),
  }));
  return { request, files: checked(files) };
}

/** A task that came as a form, its files behind. @throws ProblemError */
export async function fromForm({ contentType, chunks }: StreamedBody): Promise<SentTask> {
  const { body, form } = gatewayRoutes.createTask;
  let request: CreateTaskRequest | undefined;
  const files: NewFile[] = [];
  for await (const part of readForm(contentType, chunks)) {
    const bytes = await bytesOf(part.chunks);
    if (request === undefined) {
      if (part.name !== form.field) throw new ProblemError('validation', 'the task comes first');
      // The schema is the one that the type is inferred from.
      request = parsePart(body, parseJsonOr(bytes.toString()), 'body') as CreateTaskRequest;
    } else if (part.name === form.files && part.fileName !== undefined) {
      files.push({ name: part.fileName, contentType: part.contentType, bytes });
    } else {
      throw new ProblemError('validation', 'a part is no file of the task');
    }
  }
  if (request === undefined) throw new ProblemError('validation', 'the form is empty');
  return { request, files: checked(files) };
}
