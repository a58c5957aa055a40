const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
] as const;

/** A span of time as people say it, in its largest whole unit: `0.4s`, `12s`, `5m`, `3h`, `2d`; none is below nought. */
export function spanText(ms: number): string {
  const span = Math.max(ms, 0);
  for (const [unit, size] of units) {
    if (span >= size) return `${Math.floor(span / size)}${unit}`;
  }
  const seconds = span / 1000;
  return seconds < 9.95 ? `${seconds.toFixed(1)}s` : `${Math.floor(seconds)}s`;
}
