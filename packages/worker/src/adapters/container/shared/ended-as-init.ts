/** How a container ended that was no longer wanted. */
export interface UnwantedEnd {
  readonly exitCode: number;
  /** What it wrote, on either stream. */
  readonly wrote: boolean;
  /** Time from its start, ms. */
  readonly ageMs: number;
}

/** A container older than this is its command. */
const youngMs = 1000;

/**
 * Whether a container that was signalled in its first moment ended before its command began: the runtime's own init, a
 * Go program, then ends with 2.
 */
export function endedAsInit({ exitCode, wrote, ageMs }: UnwantedEnd): boolean {
  return exitCode === 2 && !wrote && ageMs < youngMs;
}
