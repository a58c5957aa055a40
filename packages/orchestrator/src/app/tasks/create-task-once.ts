import type { Task } from '@cynodeai/contracts/gateway';
import type { IdempotentCall } from '../../ports/tasks.ts';
import { type OnceOutcome, type RunOnceDeps, runOnce } from '../idempotency/run-once.ts';
import { type CreateTaskCall, type CreateTaskDeps, createTask } from './create-task.ts';
import { removeBlobs } from './task-blobs.ts';

export type CreateTaskOnceDeps = CreateTaskDeps & RunOnceDeps;

/**
 * Creates a task at most once per idempotency key: the same call again gets the first answer. Contract 01 section 13.
 * @throws OrchestratorError those of `createTask`, and `idempotency_conflict`.
 */
export async function createTaskOnce(
  deps: CreateTaskOnceDeps,
  call: Omit<CreateTaskCall, 'claim'>,
  key: IdempotentCall,
): Promise<OnceOutcome<Task>> {
  let begun = false;
  try {
    return await runOnce(deps, key, (claim) => {
      begun = true;
      return createTask(deps, { ...call, claim });
    });
  } finally {
    // A replay or a refused key makes no task of what came with it.
    if (!begun) await removeBlobs(deps.blobs, call.received ?? []);
  }
}
