import type { Clock } from '@cynodeai/runtime/std';
import { OrchestratorError } from '../../domain/errors.ts';
import type { IdempotencyClaim, IdempotencyKeys, IdempotentCall } from '../../ports/tasks.ts';

export interface RunOnceDeps {
  readonly idempotency: IdempotencyKeys;
  readonly clock: Clock;
}

/** What an idempotent call answered; a replay is the stored first answer. */
export type OnceOutcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'replayed'; readonly body: unknown };

/**
 * Runs work at most once per idempotency key; the work keeps its answer under the claim, in the transaction that makes
 * it true. Contract 01 section 13. @throws OrchestratorError `idempotency_conflict`, and what the work throws.
 */
export async function runOnce<T>(
  deps: RunOnceDeps,
  key: IdempotentCall,
  work: (claim: IdempotencyClaim) => Promise<T>,
): Promise<OnceOutcome<T>> {
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
    return { kind: 'done', value: await work(start.claim) };
  } catch (error) {
    await deps.idempotency.release(start.claim);
    throw error;
  }
}

/** A 201 answer. */
interface CreatedAnswer {
  readonly body: unknown;
  readonly resourceId: string;
}

/** Keeps the answer of a creation under its claim, when there is one. @throws OrchestratorError `idempotency_conflict`. */
export async function keepCreated(
  transaction: {
    finishIdempotent(
      claim: IdempotencyClaim,
      answer: CreatedAnswer & { readonly status: number },
    ): Promise<boolean>;
  },
  claim: IdempotencyClaim | undefined,
  answer: CreatedAnswer,
): Promise<void> {
  if (claim === undefined) return;
  if (await transaction.finishIdempotent(claim, { status: 201, ...answer })) return;
  throw new OrchestratorError(
    'idempotency_conflict',
    'another call with this Idempotency-Key has taken over',
  );
}
