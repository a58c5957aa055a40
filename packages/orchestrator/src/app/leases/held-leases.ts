import type { Log } from '@cynodeai/runtime/observe';
import { messageOf } from '@cynodeai/runtime/std';
import { leaseMsOf, leaseTimes } from '../../domain/leases/lease-times.ts';
import type { Renewal } from '../../ports/leases.ts';
import { Ticker } from '../loops/ticker.ts';
import { HeldLease, type Lease } from './held-lease.ts';

export interface HeldLeasesOptions<L extends Lease> {
  /** What is held, one word for the log. */
  readonly what: string;
  /** Field of its id in the log. */
  readonly idField: string;
  /** Id of the work itself: it stays when the lease changes. */
  readonly idOf: (lease: L) => string;
  /** Extends all given leases at once. */
  readonly renew: (leases: readonly L[]) => Promise<Renewal>;
  /** Of the given work that which was canceled. */
  readonly canceledAmong: (ids: readonly string[]) => Promise<readonly string[]>;
  /**
   * Who knows that the work is alive: this process itself, as long as it runs, or somebody else, whose word moves
   * `aliveAt`; leases of work without such a word are not renewed.
   */
  readonly aliveBy: 'holder' | 'heartbeat';
  /** What becomes of canceled work: it ends at once, or its end is waited for. */
  readonly whenCanceled: 'let_go' | 'wait';
  readonly log: Log;
  /** Waits, or less when the signal fires; never rejects. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Monotonic clock, ms. */
  readonly monotonicMs: () => number;
  /** Called when work is over and more may be claimed. */
  readonly onFree: () => void;
}

/** What happens to work that is not over when its holder stops. */
export interface HandOver<L> {
  /** Called before the work is told to let go. */
  readonly onLeft: (count: number) => void;
  /** Gives the leases of the rest to others; where that fails they end by themselves. */
  readonly handBack: (leases: readonly L[]) => Promise<void>;
  /** Fires when waiting is of no use any more. */
  readonly hurry?: AbortSignal | undefined;
}

/**
 * Longest wait at the end for work to let go and to be handed over, and for a renewal under way, ms: with a database that
 * answers no more neither comes to an end.
 */
const handOverMs = 5000;

interface Entry<L extends Lease> {
  readonly held: HeldLease<L>;
  readonly done: Promise<void>;
}

/**
 * The leases of one kind of work that this process holds: it claims them, renews all at once three times within their
 * life, tells the work when its lease is lost, and empties itself when the process stops. The store decides who holds
 * a lease; durations are measured by a monotonic clock, so that a clock that jumps costs none.
 */
export class HeldLeases<L extends Lease> {
  readonly #options: HeldLeasesOptions<L>;
  readonly #entries = new Map<string, Entry<L>>();
  readonly #renewing: Ticker;
  readonly #stop = new AbortController();
  #loop: Promise<void> | undefined;
  #leaseMs = leaseMsOf(undefined);
  #closed = false;
  /** Set once the holder waits for work no more: from then on it holds none. */
  #handBack: HandOver<L>['handBack'] | undefined;

  constructor(options: HeldLeasesOptions<L>) {
    this.#options = options;
    const { what, log, sleep } = options;
    const name = `renewal of ${what} leases`;
    this.#renewing = new Ticker({ name, pollMs: () => this.renewMs, log, sleep });
  }

  /** Pause between two renewals, ms. */
  get renewMs(): number {
    return leaseTimes(this.#leaseMs).renewMs;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  get size(): number {
    return this.#entries.size;
  }

  get leaseIds(): readonly string[] {
    return this.all().map((held) => held.lease.leaseId);
  }

  /** Lease ids of work that was alive within the length of a lease: nobody else need look after it. */
  get aliveLeaseIds(): readonly string[] {
    return this.#alive(this.#leaseMs).map((held) => held.lease.leaseId);
  }

  all(): HeldLease<L>[] {
    return [...this.#entries.values()].map(({ held }) => held);
  }

  /** Renews from now on, until `drain`. */
  start(): void {
    this.#loop ??= this.#renewing.run(() => this.renew(), this.#stop.signal);
  }

  /**
   * Claims and starts the work of what was claimed, without waiting for it; answers how much that was, none once
   * closed. The leases count from before the claim; those of one that comes back after the end go to others at once.
   */
  async claim<C extends L>(
    take: () => Promise<readonly C[]>,
    work: (held: HeldLease<L>, claimed: C) => Promise<void>,
  ): Promise<number> {
    if (this.#closed) return 0;
    const claimedAt = this.#options.monotonicMs();
    const claimed = await take();
    if (this.#handBack !== undefined) {
      await this.#giveBack(claimed, this.#handBack);
      return 0;
    }
    for (const lease of claimed) this.#hold(lease, claimedAt, (held) => work(held, lease));
    return claimed.length;
  }

  /** Extends the leases of all work that is alive, in one statement, and lets go of what is lost. */
  async renew(): Promise<void> {
    if (this.size === 0) return;
    const { idOf, idField, what, log } = this.#options;
    const asked = this.#alive(leaseTimes(this.#leaseMs).freshMs).map((held) => held.lease);
    const renewal = await this.#options.renew(asked);
    this.#leaseMs = renewal.leaseMs;
    this.noteCanceled(renewal.canceled);
    const leaseIds = new Map(asked.map((lease) => [idOf(lease), lease.leaseId]));
    for (const id of renewal.lost) {
      // The work may have changed its lease meanwhile, or have ended: that is no loss.
      const isLost = this.lose(id, leaseIds.get(id));
      if (isLost) log.warn(`the lease of a ${what} is gone`, { [idField]: id });
    }
  }

  /** Lets go of work whose lease somebody took away; false when it is not held under that lease. */
  lose(id: string, leaseId: string | undefined): boolean {
    const held = this.#entries.get(id)?.held;
    if (held === undefined || held.lease.leaseId !== leaseId) return false;
    held.letGo();
    return true;
  }

  /** Looks for work that was canceled. */
  async findCanceled(): Promise<void> {
    const { idOf, canceledAmong } = this.#options;
    const unaware = this.all().filter((held) => !held.canceled);
    if (unaware.length === 0) return;
    this.noteCanceled(await canceledAmong(unaware.map((held) => idOf(held.lease))));
  }

  noteCanceled(ids: readonly string[]): void {
    for (const id of ids) {
      const held = this.#entries.get(id)?.held;
      if (held === undefined) continue;
      held.cancel();
      if (this.#options.whenCanceled === 'let_go') held.letGo();
    }
  }

  /** No new claims from now on. */
  close(): void {
    this.#closed = true;
  }

  /**
   * Waits up to `limitMs` for work under way, renewing meanwhile: waiting must not cost a lease. What is left then is
   * told to let go and handed over. `close` comes first.
   */
  async drain(limitMs: number, { onLeft, handBack, hurry }: HandOver<L>): Promise<void> {
    try {
      const over = new AbortController();
      const all = Promise.all([...this.#entries.values()].map(({ done }) => done));
      const enough = AbortSignal.any([over.signal, ...(hurry ? [hurry] : [])]);
      await Promise.race([all, this.#options.sleep(limitMs, enough)]);
      over.abort();
      this.#handBack = handBack;
      const left = [...this.#entries.values()];
      if (left.length === 0) return;
      onLeft(left.length);
      for (const { held } of left) held.letGo();
      if (await this.#isSoon(this.#giveBackOnceDone(left, handBack))) return;
      const { what, log } = this.#options;
      log.warn(`${what}s could not be handed over in time; their leases end by themselves`);
    } finally {
      this.#stop.abort();
      await this.#isSoon(this.#loop ?? Promise.resolve());
    }
  }

  /** False when it was not over within `handOverMs`. */
  async #isSoon(work: Promise<void>): Promise<boolean> {
    const over = new AbortController();
    const late = this.#options.sleep(handOverMs, over.signal).then(() => false);
    const isOver = await Promise.race([work.then(() => true), late]);
    over.abort();
    return isOver;
  }

  async #giveBackOnceDone(
    left: readonly Entry<L>[],
    handBack: HandOver<L>['handBack'],
  ): Promise<void> {
    await Promise.all(left.map(({ done }) => done));
    return this.#giveBack(
      left.map(({ held }) => held.lease),
      handBack,
    );
  }

  async #giveBack(leases: readonly L[], handBack: HandOver<L>['handBack']): Promise<void> {
    if (leases.length === 0) return;
    try {
      await handBack(leases);
    } catch (error) {
      const { what, log } = this.#options;
      log.warn(`leases of ${what}s could not be handed over and end by themselves`, {
        error: messageOf(error),
      });
    }
  }

  #alive(withinMs: number): HeldLease<L>[] {
    const { aliveBy, monotonicMs } = this.#options;
    if (aliveBy === 'holder') return this.all();
    const now = monotonicMs();
    return this.all().filter((held) => now - held.aliveAt < withinMs);
  }

  #hold(lease: L, claimedAt: number, work: (held: HeldLease<L>) => Promise<void>): void {
    const { idOf, idField, what, log, onFree } = this.#options;
    const id = idOf(lease);
    // Somebody else's claim gave it back before this process noticed that it had lost it.
    this.#entries.get(id)?.held.letGo();
    const isShorter = lease.leaseMs < this.#leaseMs;
    this.#leaseMs = lease.leaseMs;
    if (isShorter) this.#renewing.wake();
    const held = new HeldLease(lease, claimedAt);
    const { promise: done, resolve } = Promise.withResolvers<void>();
    this.#entries.set(id, { held, done });
    void work(held)
      .catch((error: unknown) => {
        log.error(`a ${what} could not be brought to its end`, {
          [idField]: id,
          error: messageOf(error),
        });
      })
      .finally(() => {
        if (this.#entries.get(id)?.held === held) this.#entries.delete(id);
        resolve();
        onFree();
      });
  }
}
