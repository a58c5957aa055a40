import { type ReadinessCondition, notReadyBecause } from '../../domain/readiness/readiness.ts';

/**
 * The node's readiness as it is now; changed by startup, monitor and shutdown, read by every
 * request. See docs/reference/nodes.md#readiness-of-a-node.
 */
export class NodeReadiness {
  readonly #met = new Set<ReadinessCondition>();
  #shuttingDown = false;

  /** Notes whether a condition holds. */
  set(condition: ReadinessCondition, holds: boolean): void {
    if (holds) this.#met.add(condition);
    else this.#met.delete(condition);
  }

  /** Whether a condition holds at this moment. */
  holds(condition: ReadinessCondition): boolean {
    return this.#met.has(condition);
  }

  /** Readiness is over for good. */
  beginShutdown(): void {
    this.#shuttingDown = true;
  }

  get shuttingDown(): boolean {
    return this.#shuttingDown;
  }

  /** Why the node is not ready, or undefined when it is. */
  reason(): string | undefined {
    return notReadyBecause({ met: this.#met, shuttingDown: this.#shuttingDown });
  }
}
