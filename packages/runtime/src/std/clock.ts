/** Source of the current time, so that decisions can be tested at any instant. */
export interface Clock {
  now(): Date;
}

/**
 * Time in whole ms, as timers take it, that has gone since the process began. It takes no part in steps of the clock (NTP, a suspended machine,
 * an operator): every duration and every limit is measured by it, and `Clock` only tells what is shown or stored.
 */
export const elapsedMs = (): number => Math.floor(performance.now());

export const systemClock: Clock = { now: () => new Date() };
