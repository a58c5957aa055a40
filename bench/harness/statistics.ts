/** Middle and range of a set of numbers. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** First and third quartile. */
  readonly q1: number;
  readonly q3: number;
  readonly count: number;
}

/** Value below which the share `p` (0 to 1) of the numbers lies, interpolated; undefined for none. */
export function quantile(numbers: readonly number[], p: number): number | undefined {
  const sorted = numbers.toSorted((a, b) => a - b);
  const place = p * (sorted.length - 1);
  const lower = sorted[Math.floor(place)];
  const upper = sorted[Math.ceil(place)];
  if (lower === undefined || upper === undefined) return undefined;
  return lower + (upper - lower) * (place - Math.floor(place));
}

export function median(numbers: readonly number[]): number | undefined {
  return quantile(numbers, 0.5);
}

/** The spread of the numbers; undefined for none. */
export function spreadOf(numbers: readonly number[]): Spread | undefined {
  const [min, q1, middle, q3, max] = [0, 0.25, 0.5, 0.75, 1].map((p) => quantile(numbers, p));
  if (
    min === undefined ||
    q1 === undefined ||
    middle === undefined ||
    q3 === undefined ||
    max === undefined
  ) {
    return undefined;
  }
  return { median: middle, min, max, q1, q3, count: numbers.length };
}
