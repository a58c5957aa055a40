const unitMs = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const;

export interface DurationGrammar {
  /** What a bare whole number counts; without it such a number is no duration. */
  readonly bareUnit?: keyof typeof unitMs;
  /** Days are a unit too, such as `30d`. */
  readonly days?: boolean;
}

/**
 * Milliseconds of a duration such as `90s`, `1500ms` or `1m30s`: whole numbers, each with its unit, the largest
 * first; undefined for anything else.
 */
export function parseDurationMs(
  text: string,
  { bareUnit, days = false }: DurationGrammar = {},
): number | undefined {
  if (bareUnit !== undefined && /^\d{1,9}$/.test(text)) return Number(text) * unitMs[bareUnit];
  const match =
    /^(?:(\d{1,5})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?(?:(\d{1,9})ms)?$/.exec(text);
  if (match === null || text === '') return undefined;
  const [, d = '0', h = '0', m = '0', s = '0', ms = '0'] = match;
  if (d !== '0' && !days) return undefined;
  return (
    Number(d) * unitMs.d +
    Number(h) * unitMs.h +
    Number(m) * unitMs.m +
    Number(s) * unitMs.s +
    Number(ms)
  );
}
