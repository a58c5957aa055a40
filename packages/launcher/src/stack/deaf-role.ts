import { HttpClient } from '@cynodeai/runtime/call';
import { sleep } from '@cynodeai/runtime/lifecycle';

export interface HearingTimes {
  /** From one question to the next, and how long an answer may take, ms. */
  readonly everyMs: number;
  /** So many questions in a row without an answer make a server that had answered before deaf. */
  readonly misses: number;
}

const defaultTimes: HearingTimes = { everyMs: 5000, misses: 6 };

/** Any answer will do: whether the role is well is for itself to say, that it says something is what counts here. */
async function answers(client: HttpClient, port: number, limitMs: number): Promise<boolean> {
  try {
    const response = await client.open({
      method: 'GET',
      origin: new URL(`http://127.0.0.1:${port}`),
      path: '/healthz',
      headers: {},
      signal: AbortSignal.timeout(limitMs),
    });
    response.discard();
    return true;
  } catch {
    return false;
  }
}

async function untilDeaf(
  port: number,
  { everyMs, misses }: HearingTimes,
  signal: AbortSignal,
): Promise<void> {
  const client = new HttpClient();
  // Starting may take its time, with many migrations or a model to load.
  let heard = false;
  // Counted, not timed: after a pause of the whole machine one question is late, the next is answered.
  let missed = 0;
  try {
    while (!signal.aborted && missed < misses) {
      const [answered] = await Promise.all([
        answers(client, port, everyMs),
        sleep(everyMs, signal),
      ]);
      heard ||= answered;
      missed = answered || !heard ? 0 : missed + 1;
    }
  } finally {
    await client.close();
  }
}

/**
 * Resolves with the reason once a server of a role answers nothing any more, although its process is there; with
 * undefined when the signal fires.
 */
export async function deafRole(
  ports: readonly number[],
  signal: AbortSignal,
  times: HearingTimes = defaultTimes,
): Promise<string | undefined> {
  const gone = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await Promise.race([gone, ...ports.map((port) => untilDeaf(port, times, signal))]);
  return signal.aborted
    ? undefined
    : `answered nothing for ${(times.misses * times.everyMs) / 1000} s`;
}
