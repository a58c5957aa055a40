import type { Clock } from '@cynodeai/runtime/std';
import type { Timer } from '../../../src/ports/timer.ts';

interface Sleeper {
  readonly wakeAt: number;
  readonly wake: () => void;
}

/**
 * Time that stands still until it is moved. Sleeps of at most `passByMs` pass by themselves, at once, and
 * move it; longer ones wait for `advance`.
 */
export class FakeTime implements Clock, Timer {
  /** Every sleep asked for, ms, in order. */
  readonly slept: number[] = [];
  readonly #passByMs: number;
  #elapsedMs = 0;
  /** What the clock shows is this much more than what has gone, ms. */
  #clock = Date.parse('2026-03-01T12:00:00.000Z');
  #sleepers: Sleeper[] = [];

  constructor(passByMs = 0) {
    this.#passByMs = passByMs;
  }

  now(): Date {
    return new Date(this.#clock + this.#elapsedMs);
  }

  elapsedMs(): number {
    return this.#elapsedMs;
  }

  random(): number {
    return 0.5;
  }

  /** Sleeps that wait for `advance`. */
  get waiting(): number {
    return this.#sleepers.length;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.slept.push(ms);
    if (signal?.aborted === true) return;
    if (ms <= this.#passByMs) {
      await new Promise((resolve) => setImmediate(resolve));
      this.#elapsedMs += ms;
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    const sleeper = { wakeAt: this.#elapsedMs + ms, wake: resolve };
    this.#sleepers.push(sleeper);
    signal?.addEventListener('abort', () => resolve(), { once: true });
    await promise;
    this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
  }

  advance(ms: number): void {
    this.#elapsedMs += ms;
    for (const sleeper of this.#sleepers) if (sleeper.wakeAt <= this.#elapsedMs) sleeper.wake();
  }

  /** Somebody sets the clock; no time goes. */
  stepClock(ms: number): void {
    this.#clock += ms;
  }
}
