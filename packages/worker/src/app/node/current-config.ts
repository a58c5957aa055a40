import type { NodePolicy } from '../../domain/node/policy.ts';

/** A configuration as the node applied it. */
export interface AppliedConfig {
  readonly configVersion: string;
  /** SHA-256 of what of it is in effect, as hex. */
  readonly effectiveHash: string;
  readonly policy: NodePolicy;
  /** Bearer token the orchestrator presents; secret. */
  readonly token: string;
  readonly ordersInference: boolean;
}

/**
 * The configuration in effect. Guards, limits and acknowledgements ask for it at each use and keep nothing of it, so
 * that the next request goes by the next configuration.
 */
export class CurrentConfig {
  // Private, because a secret must not get into a log with the holder.
  #applied: AppliedConfig | undefined;

  /** From now on this one holds, whole; what the one before allowed is over. */
  apply(config: AppliedConfig): void {
    this.#applied = config;
  }

  get policy(): NodePolicy {
    return this.#inEffect().policy;
  }

  get token(): string {
    return this.#inEffect().token;
  }

  /** Whether it orders inference; undefined while none is in effect. */
  get ordersInference(): boolean | undefined {
    return this.#applied?.ordersInference;
  }

  /** What an acknowledgement says of it. */
  get identity(): Pick<AppliedConfig, 'configVersion' | 'effectiveHash'> {
    const { configVersion, effectiveHash } = this.#inEffect();
    return { configVersion, effectiveHash };
  }

  #inEffect(): AppliedConfig {
    if (this.#applied === undefined) throw new Error('no configuration is applied yet');
    return this.#applied;
  }
}
