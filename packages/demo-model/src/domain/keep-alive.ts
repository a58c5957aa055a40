const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** How long a model stays in memory when nobody says. */
export const defaultKeepAliveMs = 5 * 60_000;

/**
 * Milliseconds of a `keep_alive`: seconds as a number, or text such as `5m` or `1h30m`. Negative keeps for ever;
 * undefined when it is none of these.
 */
export function keepAliveMs(value: string | number): number | undefined {
  if (typeof value === 'number') return value < 0 ? Infinity : value * 1000;
  if (
    !/^[+-]?(?:\d{1,12}(?:\.\d{1,12})?(?:ns|us|ms|s|m|h)?)(?:\d{1,12}(?:\.\d{1,12})?(?:ns|us|ms|s|m|h)){0,8}$/.test(
      value,
    )
  ) {
    return undefined;
  }
  if (value.startsWith('-')) return Infinity;
  let total = 0;
  for (const [, amount, unit] of value.matchAll(/([\d.]+)(ns|us|ms|s|m|h)?/g)) {
    total += Number(amount) * (unitMs[unit ?? 's'] ?? 0);
  }
  return total;
}
