import type { NodeCapabilityReport, NodeConfigAck } from '@cynodeai/contracts/control-plane';

/**
 * The control-plane as a node sees it. The adapter keeps the pre-shared key, the node's JWT and the
 * URLs of the bootstrap; only the registration URL is known beforehand.
 * See docs/reference/nodes.md#calls-of-a-node.
 *
 * Every call throws NodeError `orchestrator_unavailable`, `orchestrator_denied` or
 * `orchestrator_refused`.
 */
export interface Orchestrator {
  /** Registers, or registers again, and uses the bootstrap of the answer from then on. */
  register(report: NodeCapabilityReport, signal: AbortSignal): Promise<void>;
  report(report: NodeCapabilityReport, signal: AbortSignal): Promise<void>;
  /** The configuration as text, unread. */
  fetchConfig(signal: AbortSignal): Promise<string>;
  acknowledge(ack: NodeConfigAck, signal: AbortSignal): Promise<void>;
}
