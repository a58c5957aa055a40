import type { Places, WaitForPlace } from './in-flight.ts';
import type { FromRelay, ToRelay } from './relay-messages.ts';

/** The node's places for requests that make a model work, asked for from its relay. */
export class RemotePlaces implements Places {
  readonly #tell: (message: FromRelay) => void;
  readonly #asked = new Map<number, (admitted: boolean) => void>();
  readonly #taken: number[] = [];
  #asks = 0;
  limited = false;

  constructor(tell: (message: FromRelay) => void) {
    this.#tell = tell;
  }

  tryEnter(): boolean {
    return !this.limited;
  }

  wait(): WaitForPlace {
    this.#asks += 1;
    const id = this.#asks;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#asked.set(id, resolve);
    this.#tell({ kind: 'enter', id });
    const giveUp = (): void => {
      if (this.#asked.delete(id)) this.#tell({ kind: 'giveUp', id });
      resolve(false);
    };
    return { admitted: promise, giveUp };
  }

  leave(): void {
    const id = this.#taken.shift();
    if (id !== undefined) this.#tell({ kind: 'leave', id });
  }

  /** The node's answer. A place that nobody waits for any more goes back. */
  answer({ id, admitted }: Pick<Extract<ToRelay, { kind: 'place' }>, 'id' | 'admitted'>): void {
    const resolve = this.#asked.get(id);
    this.#asked.delete(id);
    if (resolve === undefined) {
      if (admitted) this.#tell({ kind: 'leave', id });
      return;
    }
    if (admitted) this.#taken.push(id);
    resolve(admitted);
  }
}
