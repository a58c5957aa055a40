import { limits } from '@cynodeai/contracts/common';
import { ProblemError } from '@cynodeai/runtime/http';
import type { Clock } from '@cynodeai/runtime/std';
import { refuseField } from './task-input.ts';

const dayMs = 86_400_000;

interface Kept<T> {
  readonly hash: string;
  readonly answer: T;
  readonly at: number;
}

/** First answers by idempotency key. See docs/reference/http.md#idempotency. */
export class KeptAnswers<T> {
  readonly #clock: Clock;
  readonly #kept = new Map<string, Kept<T>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * What `make` made at the first call with the key; a call that fails leaves the key free.
   * @throws ProblemError `conflict` for another body, `validation` for an unusable key.
   */
  once(caller: string, key: string | undefined, hash: string, make: () => T): T {
    if (key === undefined) return make();
    if (key.length > limits.idempotencyKeyChars || !/^[\x20-\x7e]+$/.test(key)) {
      refuseField('Idempotency-Key', 'must be printable and not too long');
    }
    const place = `${caller} ${key}`;
    const at = this.#clock.now().getTime();
    const first = this.#kept.get(place);
    if (first !== undefined && at - first.at < dayMs) {
      if (first.hash === hash) return first.answer;
      throw new ProblemError('conflict', 'this Idempotency-Key was used with another body');
    }
    const answer = make();
    this.#kept.set(place, { hash, answer, at });
    return answer;
  }
}
