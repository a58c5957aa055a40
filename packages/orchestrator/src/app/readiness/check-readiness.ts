import type { ReadinessReason } from '@cynodeai/contracts/common';
import {
  type ReadinessFacts,
  evaluateReadiness,
} from '../../domain/readiness/evaluate-readiness.ts';
import type { ReadinessProbe } from '../../ports/readiness.ts';

export interface CheckReadinessDeps {
  readonly probe: ReadinessProbe;
  /** Waits, or less when the signal fires; never rejects. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** `/readyz` answers within 2 s; a database that needs longer than this counts as unavailable. */
const limitMs = 1500;

async function factsInTime({ probe, sleep }: CheckReadinessDeps): Promise<ReadinessFacts> {
  const answered = new AbortController();
  const unavailable: ReadinessFacts = { database: 'unavailable' };
  const late = sleep(limitMs, answered.signal).then(() => unavailable);
  try {
    return await Promise.race([probe.facts().catch(() => unavailable), late]);
  } finally {
    answered.abort();
  }
}

/**
 * Readiness of the orchestrator, judged anew from stored state by each call; calls at the same time
 * share one look, because anybody may ask. No reason means ready.
 * See docs/reference/processes.md#readiness (REQ-ORCHES-0119).
 */
export function readinessCheck(
  deps: CheckReadinessDeps,
): () => Promise<readonly ReadinessReason[]> {
  let current: Promise<readonly ReadinessReason[]> | undefined;
  return () => {
    current ??= factsInTime(deps)
      .then(evaluateReadiness)
      .finally(() => {
        current = undefined;
      });
    return current;
  };
}
