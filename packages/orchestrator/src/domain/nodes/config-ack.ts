import type { NodeConfigAck } from '@cynodeai/contracts/control-plane';
import { limits } from '@cynodeai/contracts/common';
import { storableText, truncateUtf8 } from '@cynodeai/runtime/std';
import type { ConfigAckStatus, NodeStatus } from './node.ts';

export interface AckFacts {
  readonly status: NodeStatus;
  /** Version of the last acknowledgement that was taken, undefined when there is none since registration. */
  readonly lastAckedVersion: string | undefined;
  /** The version was issued to this node and still has its row. */
  readonly versionIssued: boolean;
  /** The acknowledged version carried the Worker API's URL and token. */
  readonly carriedConnectivity: boolean;
}

/** What an acknowledgement does to the node. */
export type AckDecision =
  /** Never given to this node: refuse. */
  | { readonly kind: 'unknown_version' }
  /** Older than one already acknowledged: accept and forget. */
  | { readonly kind: 'ignored' }
  | {
      readonly kind: 'recorded';
      readonly ackStatus: ConfigAckStatus;
      readonly nodeStatus: NodeStatus;
      /** Set as `nodes.config_version` when applied. */
      readonly appliedVersion: string | undefined;
      /** Stored reason of a failure, at most 4 KiB. */
      readonly error: string | undefined;
    };

function errorText(error: NodeConfigAck['error']): string {
  const text = error === undefined ? 'no reason given' : JSON.stringify(error);
  return truncateUtf8(storableText(text), limits.ackErrorBytes).text;
}

/** A drained node stays drained: only the operator ends that. */
function statusAfter(applied: boolean, facts: AckFacts): NodeStatus {
  if (facts.status === 'drained') return 'drained';
  if (!applied) return 'inactive';
  return facts.carriedConnectivity ? 'active' : facts.status;
}

/**
 * Judges a node's word on a configuration; `applied` is its readiness signal (REQ-WORKER-0254).
 * See docs/reference/nodes.md#acknowledgement.
 */
export function decideAck(ack: NodeConfigAck, facts: AckFacts): AckDecision {
  const { lastAckedVersion } = facts;
  if (!facts.versionIssued) return { kind: 'unknown_version' };
  if (lastAckedVersion !== undefined && ack.config_version < lastAckedVersion) {
    return { kind: 'ignored' };
  }
  const applied = ack.status === 'applied';
  return {
    kind: 'recorded',
    ackStatus: ack.status,
    nodeStatus: statusAfter(applied, facts),
    appliedVersion: applied ? ack.config_version : undefined,
    error: applied ? undefined : errorText(ack.error),
  };
}
