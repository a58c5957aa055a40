/**
 * How long results nobody asked for are kept.
 * See docs/reference/worker-api.md#life-of-a-job-on-its-node.
 */
export interface RetentionRule {
  readonly maxAgeMs: number;
  /** All results together. */
  readonly maxBytes: number;
}

/** Seven days, one GiB. See docs/reference/worker-api.md#life-of-a-job-on-its-node. */
export const retentionRule: RetentionRule = {
  maxAgeMs: 7 * 24 * 3_600_000,
  maxBytes: 1024 ** 3,
};

/** A result that waits for its acknowledgement. */
export interface KeptResult {
  readonly jobId: string;
  readonly storedAt: Date;
  readonly bytes: number;
}

export interface DroppedResult extends KeptResult {
  readonly reason: 'age' | 'size';
}

/**
 * Which results go: those older than the limit, then the oldest until the rest fits. `kept` is in
 * order, the oldest first. See docs/reference/worker-api.md#life-of-a-job-on-its-node.
 */
export function beyondRetention(
  kept: readonly KeptResult[],
  now: Date,
  rule: RetentionRule,
): readonly DroppedResult[] {
  let left = kept.reduce((sum, { bytes }) => sum + bytes, 0);
  const dropped: DroppedResult[] = [];
  for (const result of kept) {
    const old = now.getTime() - result.storedAt.getTime() > rule.maxAgeMs;
    if (!old && left <= rule.maxBytes) continue;
    dropped.push({ ...result, reason: old ? 'age' : 'size' });
    left -= result.bytes;
  }
  return dropped;
}
