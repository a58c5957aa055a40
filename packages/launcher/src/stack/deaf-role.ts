import { HttpClient } from '@cynodeai/runtime/call';
import { sleep } from '@cynodeai/runtime/lifecycle';

export interface HearingTimes {
  /** Pause between two questions, ms. */
  readonly everyMs: number;
  /** A server that answered once and then nothing for so long is deaf, ms. */
  readonly limitMs: number;
}

const defaultTimes: HearingTimes = { everyMs: 5000, limitMs: 30_000 };

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
  { everyMs, limitMs }: HearingTimes,
  signal: AbortSignal,
): Promise<void> {
  const client = new HttpClient();
  // Starting may take its time, with many migrations or a model to load.
  let heardMs = Number.POSITIVE_INFINITY;
  try {
    while (!signal.aborted) {
      if (await answers(client, port, limitMs)) heardMs = performance.now();
      else if (performance.now() - heardMs > limitMs) return;
      await sleep(everyMs, signal);
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
  return signal.aborted ? undefined : `answered nothing for ${times.limitMs / 1000} s`;
}
