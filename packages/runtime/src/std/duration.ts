const unitMs = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const;

/**
 * Milliseconds of a duration such as `90s`, `1500ms` or `1m30s`: whole numbers, each with its unit, the largest
 * first; undefined for anything else.
 */
export function parseDurationMs(text: string): number | undefined {
  const match = /^(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?(?:(\d{1,9})ms)?$/.exec(text);
  if (match === null || text === '') return undefined;
  const [, h = '0', m = '0', s = '0', ms = '0'] = match;
  return Number(h) * unitMs.h + Number(m) * unitMs.m + Number(s) * unitMs.s + Number(ms);
}
