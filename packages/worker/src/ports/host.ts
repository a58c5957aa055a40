import type { HostFacts } from '../domain/capability/host-facts.ts';

/** Looks at the machine the node runs on. */
export interface HostProbe {
  /** What is known now; cheap enough to be asked every few seconds, and never fails for a missing detail. */
  facts(): Promise<HostFacts>;
}
