import type { Clock } from '@cynodeai/runtime/std';
import { OrchestratorError } from '../../domain/errors.ts';
import type {
  IdempotencyClaim,
  IdempotencyKeys,
  IdempotentCall,
  KeptAnswer,
} from '../../ports/tasks.ts';
import type { UserTransaction } from '../../ports/users.ts';
import type { Call, Outcome } from '../audit/call.ts';

export interface RunOnceDeps {
  readonly idempotency: IdempotencyKeys;
  readonly clock: Clock;
}

/**
 * Runs work at most once per idempotency key; the work keeps its answer under the claim, in the
 * transaction that makes it true, and a later call gets that answer again.
 * See docs/reference/http.md#idempotency.
 * @throws OrchestratorError `idempotency_conflict`, and what the work throws.
 */
export async function runOnce<T>(
  deps: RunOnceDeps,
  key: IdempotentCall,
  answer: { parse(stored: unknown): T },
  work: (claim: IdempotencyClaim) => Promise<Outcome<'created', T>>,
): Promise<Outcome<'created' | 'replayed', T>> {
  const start = await deps.idempotency.start(key, deps.clock.now());
  switch (start.kind) {
    case 'replay':
      return { kind: 'replayed', value: answer.parse(start.body) };
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
    return await work(start.claim);
  } catch (error) {
    await deps.idempotency.release(start.claim);
    throw error;
  }
}

/** Another call holds the key now, and nothing of this one may stay. */
export function keyLost(): OrchestratorError {
  return new OrchestratorError(
    'idempotency_conflict',
    'another call with this Idempotency-Key has taken over',
  );
}

/** The answer of a creation as it is kept. */
export function createdAnswer(
  call: Pick<Call, 'codeOf'>,
  created: { readonly id: string },
): KeptAnswer {
  return { status: call.codeOf('created'), body: created, resourceId: created.id };
}

/** Keeps the answer of a creation under its claim, when there is one. @throws OrchestratorError `idempotency_conflict`. */
export async function keepCreated(
  transaction: Pick<UserTransaction, 'finishIdempotent'>,
  call: Pick<Call, 'codeOf'>,
  claim: IdempotencyClaim | undefined,
  created: { readonly id: string },
): Promise<void> {
  if (claim === undefined) return;
  if (!(await transaction.finishIdempotent(claim, createdAnswer(call, created)))) throw keyLost();
}
