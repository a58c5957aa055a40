/** How long a node that did not answer is left alone while another may take the work, ms. */
const avoidMs = 10_000;

/** The nodes that did not answer this process lately: others are preferred for a while. */
export class SilentNodes {
  readonly #until = new Map<string, number>();
  readonly #monotonicMs: () => number;

  /** @param monotonicMs monotonic clock, ms */
  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
  }

  note(nodeId: string): void {
    this.#until.set(nodeId, this.#monotonicMs() + avoidMs);
  }

  /** Ids of the nodes to avoid now. */
  current(): ReadonlySet<string> {
    const now = this.#monotonicMs();
    for (const [nodeId, until] of this.#until) if (until <= now) this.#until.delete(nodeId);
    return new Set(this.#until.keys());
  }
}
