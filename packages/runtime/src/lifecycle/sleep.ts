import { setTimeout as delay } from 'node:timers/promises';

/** Resolves after `ms`, or at once when the signal fires; it never rejects. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  await delay(ms, undefined, { ref: true, ...(signal && { signal }) }).catch(() => {});
}
