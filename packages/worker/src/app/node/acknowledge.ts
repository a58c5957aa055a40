import type { NodeConfigAck } from '@cynodeai/contracts/control-plane';
import { type Clock, truncateUtf8 } from '@cynodeai/runtime/std';
import { limits } from '@cynodeai/contracts/common';
import type { ConfigurationFault } from '../../domain/node/configuration.ts';
import type { CurrentConfig } from './current-config.ts';
import type { OrchestratorSession } from './orchestrator-session.ts';
import { type RetryDeps, RetryWindow } from './retry.ts';

/** What an ack says besides when and for whom. */
export type AckOutcome =
  | { readonly status: 'applied'; readonly configVersion: string; readonly effectiveHash: string }
  | {
      readonly status: 'failed';
      /** Absent when the payload named no version that could be one. */
      readonly configVersion: string | undefined;
      readonly fault: ConfigurationFault;
    };

/** Stands for "the payload named no version": well formed, and never issued by any orchestrator. */
const noVersion = '0'.repeat(26);

/** The ack's wire form. See docs/reference/nodes.md#acknowledgement. */
export function configAck(slug: string, outcome: AckOutcome, at: Date): NodeConfigAck {
  const head = { version: 1, node_slug: slug, ack_at: at.toISOString() } as const;
  if (outcome.status === 'applied') {
    return {
      ...head,
      status: 'applied',
      config_version: outcome.configVersion,
      effective_config_hash: outcome.effectiveHash,
    };
  }
  const { type, message } = outcome.fault;
  return {
    ...head,
    status: 'failed',
    config_version: outcome.configVersion ?? noVersion,
    error: { type, message: truncateUtf8(message, limits.ackErrorBytes / 2).text },
  };
}

export interface AcknowledgeDeps extends RetryDeps {
  readonly slug: string;
  readonly session: OrchestratorSession;
  readonly clock: Clock;
}

/**
 * Sends an ack and repeats it while the orchestrator is unavailable. What it says is asked for at each try: a new
 * registration in between brings another configuration.
 * See docs/reference/nodes.md#start-of-a-node.
 */
export async function acknowledge(deps: AcknowledgeDeps, outcome: () => AckOutcome): Promise<void> {
  await new RetryWindow(deps).run('ack', () =>
    deps.session.call((orchestrator, signal) =>
      orchestrator.acknowledge(configAck(deps.slug, outcome(), deps.clock.now()), signal),
    ),
  );
}

/** Acknowledges the configuration in effect. */
export function acknowledgeApplied(deps: AcknowledgeDeps, config: CurrentConfig): Promise<void> {
  return acknowledge(deps, () => ({ status: 'applied', ...config.identity }));
}
