export interface BackoffOptions {
  readonly firstMs: number;
  readonly maxMs: number;
  /** Share of the delay that is drawn at random, 0 to 1. */
  readonly jitter: number;
  /** How much longer each delay is than the one before; twice unless told. */
  readonly factor?: number;
}

/**
 * Delay in ms before try `attempt` (1, 2, …): growing from `firstMs` up to `maxMs`, spread by ± `jitter`.
 * `random` is a number from 0 to 1, given by the caller so that the result is repeatable.
 */
export function backoffMs(attempt: number, random: number, options: BackoffOptions): number {
  const base = Math.min(options.maxMs, options.firstMs * (options.factor ?? 2) ** (attempt - 1));
  return Math.round(base * (1 + options.jitter * (2 * random - 1)));
}
