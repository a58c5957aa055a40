/** What storing an end did. */
export type StoredEnd =
  /** Job and task now have their final status. */
  | 'recorded'
  /** The job was canceled meanwhile: the result is kept for inspection, no status changed. */
  | 'kept_for_inspection'
  /** The job had ended already: nothing was written. */
  | 'ended_before'
  /** Somebody else holds the lease now: nothing was written. */
  | 'superseded';

/** Ids of jobs by what the guarded statements did to them. */
export interface EndFacts {
  readonly recorded: ReadonlySet<string>;
  readonly kept: ReadonlySet<string>;
  /** Have a final status now, whoever gave it. */
  readonly final: ReadonlySet<string>;
}

export function storedEnd(jobId: string, { recorded, kept, final }: EndFacts): StoredEnd {
  if (recorded.has(jobId)) return 'recorded';
  if (kept.has(jobId)) return 'kept_for_inspection';
  return final.has(jobId) ? 'ended_before' : 'superseded';
}
