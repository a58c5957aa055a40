import { type ProcessScope, sleep } from '@cynodeai/runtime/lifecycle';
import { backoffMs, messageOf } from '@cynodeai/runtime/std';
import type { NotificationListener } from '../adapters/postgres/notifications.ts';

/** A database that is away at start is no reason to stop: waiters look again by themselves meanwhile. */
export async function startListening(
  listener: NotificationListener,
  scope: ProcessScope,
): Promise<void> {
  for (let attempt = 1; !scope.signal.aborted; attempt += 1) {
    try {
      return await listener.start();
    } catch (error) {
      scope.log.warn('notification connection failed', { attempt, error: messageOf(error) });
      const delay = { firstMs: 200, maxMs: 5000, jitter: 0.3 };
      await sleep(backoffMs(attempt, Math.random(), delay), scope.signal);
    }
  }
}
