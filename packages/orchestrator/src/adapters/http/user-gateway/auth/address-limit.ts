import type { Clock } from '@cynodeai/runtime/std';
import type { FastifyRequest } from 'fastify';
import { OrchestratorError } from '../../../../domain/errors.ts';
import type { SlidingWindow } from '../../../../domain/identity/sliding-window.ts';

/**
 * Guard that counts login and refresh attempts of a client address together, before the body is read.
 * `onRefusal` runs before the refusal, for its audit row. Contract 04 section 4.3, REQ-IDENTY-0116.
 */
export function addressLimit(
  limit: SlidingWindow,
  clock: Clock,
  onRefusal: (request: FastifyRequest, at: Date) => Promise<void>,
): (request: FastifyRequest) => Promise<void> {
  return async (request) => {
    const at = clock.now();
    const waitMs = limit.take(request.ip, at);
    if (waitMs === 0) return;
    await onRefusal(request, at);
    throw new OrchestratorError('rate_limited', 'too many attempts; wait and try again', {
      retryAfterSeconds: waitMs / 1000,
    });
  };
}
