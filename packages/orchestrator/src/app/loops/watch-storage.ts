/** How long the database may be away before nothing is waited for any more that would have to be stored, ms. */
const awayMs = 3000;
const lookMs = 500;

export interface WatchStorageOptions {
  /** Asks the database anything. @throws when it does not answer */
  readonly ping: () => Promise<unknown>;
  /** Waits, or less when the signal fires; never rejects. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Monotonic clock, ms. */
  readonly monotonicMs: () => number;
  /** Ends the watch. */
  readonly signal: AbortSignal;
  /** Called once when the database has been away for 3 s. */
  readonly onAway: () => void;
}

/** Looks at the database until it has been away for a while or the signal fires; never rejects. */
export async function watchStorage(options: WatchStorageOptions): Promise<void> {
  const { ping, sleep, monotonicMs, signal, onAway } = options;
  let since: number | undefined;
  while (!signal.aborted) {
    const askedAt = monotonicMs();
    try {
      await ping();
      since = undefined;
    } catch {
      since ??= askedAt;
      if (!signal.aborted && monotonicMs() - since >= awayMs) return onAway();
    }
    await sleep(lookMs, signal);
  }
}
