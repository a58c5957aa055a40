import type { NodeCapabilityReport } from '@cynodeai/contracts/control-plane';
import { NodeError } from '../../domain/node/node-error.ts';
import type { Orchestrator } from '../../ports/orchestrator.ts';

export interface SessionDeps {
  readonly orchestrator: Orchestrator;
  /** The report a registration carries, made afresh. */
  readonly report: () => Promise<NodeCapabilityReport>;
  /** Takes over what another registration has changed. */
  readonly renew: (orchestrator: Orchestrator, signal: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal;
}

/**
 * The node's standing with its orchestrator: a call whose token is not accepted any more is
 * repeated once after a new registration, and after what that changed was taken over. See docs/reference/nodes.md#start-of-a-node.
 */
export class OrchestratorSession {
  readonly #deps: SessionDeps;
  #registrations = 0;
  #renewed = 1;

  constructor(deps: SessionDeps) {
    this.#deps = deps;
  }

  /** How often the node has registered in this run. */
  get registrations(): number {
    return this.#registrations;
  }

  async register(): Promise<void> {
    const { orchestrator, report, signal } = this.#deps;
    await orchestrator.register(await report(), signal);
    this.#registrations += 1;
  }

  /** Makes a call; on `orchestrator_denied` it registers and makes it once more. */
  async call<T>(work: (orchestrator: Orchestrator, signal: AbortSignal) => Promise<T>): Promise<T> {
    try {
      return await this.#renewedCall(work);
    } catch (error) {
      if (!(error instanceof NodeError) || error.code !== 'orchestrator_denied') throw error;
    }
    await this.register();
    return this.#renewedCall(work);
  }

  /** What failed to be taken over is tried again before the next call. */
  async #renewedCall<T>(
    work: (orchestrator: Orchestrator, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const { orchestrator, renew, signal } = this.#deps;
    const registrations = this.#registrations;
    if (registrations > this.#renewed) {
      await renew(orchestrator, signal);
      this.#renewed = registrations;
    }
    return work(orchestrator, signal);
  }
}
