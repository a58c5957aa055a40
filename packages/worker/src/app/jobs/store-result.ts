import type { RunJobResult } from '@cynodeai/contracts/common';
import type { Log } from '@cynodeai/runtime/observe';
import { backoffMs, type Clock, messageOf } from '@cynodeai/runtime/std';
import { isDiskFull } from '../../domain/errors.ts';
import type { JobStore } from '../../ports/job-store.ts';
import type { Timer } from '../../ports/timer.ts';
import type { DiskGuard } from '../disk/disk-guard.ts';

/** Tries to store a result on a disk without room, over about half a minute. */
const tries = { most: 8, backoff: { firstMs: 100, maxMs: 10_000, jitter: 0.2 } };

export interface StoreResultDeps {
  readonly store: Pick<JobStore, 'finish'>;
  readonly disk: Pick<DiskGuard, 'makeRoom'>;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly log: Log;
}

/**
 * Stores a result. What has no room is given some: the reserve, then what the job itself left, which `clear` removes.
 * @throws what the store throws, on a full disk after the last try
 */
export async function storeResult(
  deps: StoreResultDeps,
  result: RunJobResult,
  clear: () => Promise<void>,
): Promise<void> {
  const { store, disk, clock, timer, log } = deps;
  for (let attempt = 1; ; attempt += 1) {
    try {
      await store.finish(result, clock.now());
      return;
    } catch (error) {
      if (!isDiskFull(error) || attempt >= tries.most) throw error;
      const fields = { job_id: result.job_id, reason: messageOf(error), attempt };
      log.warn('a result could not be stored; it is tried again with more room', fields);
    }
    disk.makeRoom();
    await clear();
    await timer.sleep(backoffMs(attempt, timer.random(), tries.backoff));
  }
}
