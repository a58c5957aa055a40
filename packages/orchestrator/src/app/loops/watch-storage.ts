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

/**
 * Looks at the database until it has been away for a while or the signal fires; never rejects. One that keeps silent is
 * as away as one that refuses.
 */
export async function watchStorage(options: WatchStorageOptions): Promise<void> {
  const { ping, sleep, monotonicMs, signal, onAway } = options;
  /** Since when the database has not answered; a question under way counts from when it was asked. */
  let since: number | undefined;
  let isAsking = false;
  const ask = async (): Promise<void> => {
    isAsking = true;
    since ??= monotonicMs();
    try {
      await ping();
      since = undefined;
    } catch {
      // It stays away since then.
    }
    isAsking = false;
  };
  while (!signal.aborted) {
    if (!isAsking) void ask();
    await sleep(lookMs, signal);
    if (signal.aborted || since === undefined) continue;
    if (monotonicMs() - since >= awayMs) return onAway();
  }
}
