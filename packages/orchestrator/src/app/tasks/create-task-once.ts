import type { Task } from '@cynodeai/contracts';
import type { IdempotentCall } from '../../ports/tasks.ts';
import { type OnceOutcome, type RunOnceDeps, runOnce } from '../idempotency/run-once.ts';
import { type CreateTaskCall, type CreateTaskDeps, createTask } from './create-task.ts';

export type CreateTaskOnceDeps = CreateTaskDeps & RunOnceDeps;

/**
 * Creates a task at most once per idempotency key: the same call again gets the first answer. Contract 01 section 13.
 * @throws OrchestratorError those of `createTask`, and `idempotency_conflict`.
 */
export function createTaskOnce(
  deps: CreateTaskOnceDeps,
  call: Omit<CreateTaskCall, 'claim'>,
  key: IdempotentCall,
): Promise<OnceOutcome<Task>> {
  return runOnce(deps, key, (claim) => createTask(deps, { ...call, claim }));
}
