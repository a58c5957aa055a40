import { type Task, taskSchema } from '@cynodeai/contracts/gateway';
import type { IdempotentCall } from '../../ports/tasks.ts';
import type { Caller, Outcome } from '../audit/call.ts';
import { type RunOnceDeps, runOnce } from '../idempotency/run-once.ts';
import { type CreateTaskDeps, type SentTask, createTask } from './create-task.ts';

export type CreateTaskOnceDeps = CreateTaskDeps & RunOnceDeps;

/**
 * Creates a task at most once per idempotency key: the same call again gets the first answer.
 * See docs/reference/http.md#idempotency.
 * @throws OrchestratorError those of `createTask`, and `idempotency_conflict`.
 */
export async function createTaskOnce(
  deps: CreateTaskOnceDeps,
  caller: Caller,
  sent: SentTask,
  key: IdempotentCall,
): Promise<Outcome<'created' | 'replayed', Task>> {
  let begun = false;
  try {
    return await runOnce(deps, key, taskSchema, (claim) => {
      begun = true;
      return createTask(deps, caller, sent, claim);
    });
  } finally {
    // A replay or a refused key makes no task of what came with it.
    if (!begun) await deps.blobs.withdraw(sent.received ?? []);
  }
}
