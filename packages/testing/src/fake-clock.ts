import type { Clock } from '@cynodeai/runtime/std';

/** A clock that stands until it is moved. */
export class FakeClock implements Clock {
  #nowMs: number;

  constructor(start: Date = new Date('2026-01-01T00:00:00.000Z')) {
    this.#nowMs = start.getTime();
  }

  now(): Date {
    return new Date(this.#nowMs);
  }

  /** Moves by `ms`, which may be negative: clocks do step back. */
  advance(ms: number): void {
    this.#nowMs += ms;
  }

  set(now: Date): void {
    this.#nowMs = now.getTime();
  }
}
