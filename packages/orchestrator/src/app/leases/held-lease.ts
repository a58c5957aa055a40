import { leaseTimes } from '../../domain/leases/lease-times.ts';

/** A claim of any kind of work; `leaseId` fences every later write. */
export interface Lease {
  readonly leaseId: string;
  /** Its length when it was claimed, ms. */
  readonly leaseMs: number;
}

/** One lease as its holder keeps it, from the claim to the end of the work. */
export class HeldLease<L extends Lease> {
  /** Last moment the work was known to be alive, on the monotonic clock, ms. */
  aliveAt: number;
  #lease: L;
  readonly #lost = new AbortController();
  readonly #canceled = new AbortController();

  constructor(lease: L, aliveAt: number) {
    this.#lease = lease;
    this.aliveAt = aliveAt;
  }

  get lease(): L {
    return this.#lease;
  }

  /** Fires when this process must not touch the work any more. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Fires when the work was canceled; the lease may be kept until it has ended. */
  get cancelation(): AbortSignal {
    return this.#canceled.signal;
  }

  get canceled(): boolean {
    return this.#canceled.signal.aborted;
  }

  cancel(): void {
    this.#canceled.abort();
  }

  /** The work goes on under another lease. */
  replace(lease: L, aliveAt: number): void {
    this.#lease = lease;
    this.aliveAt = aliveAt;
  }

  /**
   * True when nothing may be started under it any more: a process that was frozen since the last sign of life may find
   * the work done by others.
   */
  isStale(monotonicMs: number): boolean {
    return monotonicMs - this.aliveAt > leaseTimes(this.#lease.leaseMs).freshMs;
  }

  letGo(): void {
    this.#lost.abort();
  }
}
