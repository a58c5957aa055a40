import type { Task } from '@cynodeai/contracts';
import type { Clock } from '@cynodeai/runtime/std';
import { OrchestratorError } from '../../domain/errors.ts';
import type { IdempotencyKeys, IdempotentCall } from '../../ports/tasks.ts';
import { type CreateTaskCall, type CreateTaskDeps, createTask } from './create-task.ts';

export interface CreateTaskOnceDeps extends CreateTaskDeps {
  readonly idempotency: IdempotencyKeys;
  readonly clock: Clock;
}

/** What an idempotent create answered; a replay is the stored first answer. */
export type CreateTaskOutcome =
  | { readonly kind: 'created'; readonly task: Task }
  | { readonly kind: 'replayed'; readonly body: unknown };

/**
 * Creates a task at most once per idempotency key: the same call again gets the first answer. Contract 01 section 13.
 * @throws OrchestratorError those of `createTask`, and `idempotency_conflict`.
 */
export async function createTaskOnce(
  deps: CreateTaskOnceDeps,
  call: Omit<CreateTaskCall, 'claim'>,
  key: IdempotentCall,
): Promise<CreateTaskOutcome> {
  const start = await deps.idempotency.start(key, deps.clock.now());
  switch (start.kind) {
    case 'replay':
      return { kind: 'replayed', body: start.body };
    case 'running':
      throw new OrchestratorError(
        'idempotency_conflict',
        'the first call with this Idempotency-Key is still running; repeat it later',
      );
    case 'other_body':
      throw new OrchestratorError(
        'idempotency_conflict',
        'this Idempotency-Key was used with another body; send a new key',
      );
    case 'started':
      break;
  }
  try {
    const task = await createTask(deps, { ...call, claim: start.claim });
    return { kind: 'created', task };
  } catch (error) {
    await deps.idempotency.release(start.claim);
    throw error;
  }
}
