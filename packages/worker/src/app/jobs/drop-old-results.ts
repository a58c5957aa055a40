import type { Log } from '@cynodeai/runtime/observe';
import type { Clock } from '@cynodeai/runtime/std';
import { beyondRetention, type RetentionRule } from '../../domain/jobs/retention.ts';
import type { ArtifactKeeper } from '../../ports/artifacts.ts';
import type { JobStore } from '../../ports/job-store.ts';

export interface DropOldResultsDeps {
  readonly store: JobStore;
  readonly artifacts: Pick<ArtifactKeeper, 'remove'>;
  readonly rule: RetentionRule;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Drops results nobody acknowledged in time, with a warning each.
 * See docs/reference/worker-api.md#life-of-a-job-on-its-node.
 */
export function dropOldResults({ store, artifacts, rule, clock, log }: DropOldResultsDeps): void {
  for (const dropped of beyondRetention(store.results(), clock.now(), rule)) {
    store.remove(dropped.jobId);
    artifacts.remove(dropped.jobId);
    log.warn('an undelivered job result was dropped', {
      job_id: dropped.jobId,
      reason: dropped.reason,
      stored_at: dropped.storedAt.toISOString(),
      bytes: dropped.bytes,
    });
  }
}
