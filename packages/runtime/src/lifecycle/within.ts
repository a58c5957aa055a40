import { sleep } from './sleep.ts';

/** What comes of some work within `ms`, else `otherwise`; the work goes on. @throws what the work throws by then */
export async function within<T, O>(ms: number, work: Promise<T>, otherwise: O): Promise<T | O> {
  const over = new AbortController();
  try {
    return await Promise.race([work, sleep(ms, over.signal).then(() => otherwise)]);
  } finally {
    over.abort();
  }
}
