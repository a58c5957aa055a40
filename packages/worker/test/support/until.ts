import { sleep } from '@cynodeai/runtime/lifecycle';

/** Waits until the condition gives a value. @throws when it does not within `limitMs` */
export async function until<T>(
  what: string,
  condition: () => Promise<T | undefined> | T | undefined,
  limitMs = 10_000,
): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const value = await condition();
    if (value !== undefined) return value;
    if (Date.now() > deadline) throw new Error(`waited ${limitMs} ms in vain until ${what}`);
    await sleep(20);
  }
}
