/** Sizes of `/tmp`, MiB: what programs need at least, and what nobody misses. */
const bounds = { least: 16, most: 1024 } as const;

/**
 * Size of a job's `/tmp`, MiB. It is memory of the sandboxes' ceiling that the end of no process gives back, so all
 * jobs together may have half of it. See docs/reference/sandbox.md#disk.
 */
export function temporaryMbOf(ceilingMb: number, maxConcurrency: number): number {
  const share = Math.floor(ceilingMb / 2 / (maxConcurrency + 1));
  return Math.min(Math.max(share, bounds.least), bounds.most);
}
