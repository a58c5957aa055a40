import { type RerunTaskRequest, type Task, taskSchema } from '@cynodeai/contracts/gateway';
import { errorCodeOf } from '@cynodeai/runtime/std';
import { OrchestratorError } from '../../domain/errors.ts';
import { inputGone, rerunRequest } from '../../domain/tasks/rerun-request.ts';
import { readTaskInput } from '../../domain/tasks/task-input.ts';
import { attachmentFolder } from '../../domain/tasks/task-record.ts';
import type { BlobOpener } from '../../ports/blobs.ts';
import type { StoredInputs } from '../../ports/stored-inputs.ts';
import type { TaskFile } from '../../ports/task-input.ts';
import type { IdempotencyClaim, IdempotentCall, TaskReader } from '../../ports/tasks.ts';
import type { Caller, Outcome } from '../audit/call.ts';
import { type RunOnceDeps, runOnce } from '../idempotency/run-once.ts';
import { type CreateTaskDeps, createTask } from './create-task.ts';
import { findTask } from './find-task.ts';
import { requireRoom } from './require-room.ts';
import { type IncomingFile, storeAttachments } from './task-blobs.ts';

export interface RerunTaskDeps extends CreateTaskDeps, RunOnceDeps {
  readonly tasks: Pick<TaskReader, 'find' | 'status'>;
  readonly inputs: StoredInputs;
  readonly files: BlobOpener;
}

/** The attachments of a task, opened one after the other. @throws OrchestratorError `input_gone` */
async function* copiesOf(
  { files }: Pick<RerunTaskDeps, 'files'>,
  stored: readonly TaskFile[],
): AsyncGenerator<IncomingFile> {
  for (const { path, contentType, storageRef } of stored) {
    const name = path.slice(attachmentFolder.length);
    const blob = await files.open(storageRef).catch((error: unknown) => {
      if (errorCodeOf(error) === 'ENOENT') return inputGone(`the file ${JSON.stringify(name)}`);
      throw error;
    });
    try {
      yield { name, contentType: contentType ?? undefined, chunks: blob.chunks };
    } finally {
      await blob.close();
    }
  }
}

/** A folder is its owner's, and goes when nobody has used it for long. */
function folderGone(error: unknown): never {
  if (!(error instanceof OrchestratorError) || error.code !== 'folder_unknown') throw error;
  const text =
    'the folder of the task is not stored for you any more; send it again: cynork task rerun TASK --dir PATH';
  throw new OrchestratorError('input_gone', text, { cause: error });
}

/**
 * Makes a task like an old one the caller may read, with copies of its attachments; with a key at most once.
 * See docs/reference/tasks-and-jobs.md#run-again.
 * @throws OrchestratorError `task_unknown`, `input_gone`, and those of `createTask`
 */
export async function rerunTask(
  deps: RerunTaskDeps,
  caller: Caller,
  { id, changes }: { readonly id: string; readonly changes: RerunTaskRequest },
  call: IdempotentCall | undefined,
): Promise<Outcome<'created' | 'replayed', Task>> {
  const again = async (claim?: IdempotencyClaim): Promise<Outcome<'created', Task>> => {
    const task = await findTask(deps.tasks, caller.actor, id);
    const stored = await deps.inputs.find(task.id);
    if (stored === undefined) return inputGone('the input');
    const isOwn = task.createdBy === caller.actor.userId;
    const request = rerunRequest({ ...task, ...stored, isOwn }, changes);
    // What is wrong with the task is said before its files are copied.
    readTaskInput(request);
    await requireRoom(deps.disk);
    const received = await storeAttachments(deps.blobs, copiesOf(deps, stored.files));
    const sent = { request, received, rerunOf: task.id };
    const made = createTask(deps, caller, sent, claim);
    return changes.folder === undefined ? made.catch(folderGone) : made;
  };
  return call === undefined ? again() : runOnce(deps, call, taskSchema, again);
}
