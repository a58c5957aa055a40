/** Waiting, durations and chance, given from outside so that tests need neither. */
export interface Timer {
  /** Resolves after `ms`, or at once when the signal fires; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Time in ms since an arbitrary start; it never jumps, whatever is done to the clock. */
  elapsedMs(): number;
  /** A number from 0 up to 1. */
  random(): number;
}
