import { type AttemptFacts, mayStartAgain } from '../jobs/attempts.ts';
import type { DispatchNote, SandboxJobPayload } from '../jobs/job-payload.ts';
import { keptReason } from '../jobs/kept-reason.ts';
import type { NodeFacts } from './node-facts.ts';
import { jobNeeds, selectNode, withoutAvoided } from './select-node.ts';

/** A running job that its node will not bring to an end. */
export interface LeavingJob {
  readonly nodeId: string;
  readonly payload: SandboxJobPayload;
  readonly attempts: AttemptFacts;
  /** It may have run there. */
  readonly sent: boolean;
  readonly reason: string;
}

export type MovePlan =
  | {
      readonly kind: 'move';
      readonly node: NodeFacts;
      readonly attempt: number;
      /** A new attempt runs under a new lease, so that a late result of the old one is refused. */
      readonly newLease: boolean;
      readonly note: DispatchNote;
    }
  /** No attempt or no other node is left. */
  | { readonly kind: 'none' };

/**
 * To another node with a free slot; what may have run counts as an attempt.
 * See docs/reference/leases.md#leases-and-retries.
 */
export function planMove(
  nodes: readonly NodeFacts[],
  avoid: ReadonlySet<string>,
  { nodeId, payload, attempts, sent, reason }: LeavingJob,
): MovePlan {
  if (sent && !mayStartAgain(attempts)) return { kind: 'none' };
  // Its workspace lies there, and whoever holds it there may still write.
  if (payload.workspace !== undefined) return { kind: 'none' };
  const others = nodes.filter((node) => node.nodeId !== nodeId);
  const selection = selectNode(withoutAvoided(others, avoid), jobNeeds(payload));
  if (selection.kind === 'waiting') return { kind: 'none' };
  const { node, reasons } = selection;
  return {
    kind: 'move',
    node,
    attempt: sent ? attempts.attempt + 1 : attempts.attempt,
    newLease: sent,
    note: { node_slug: node.slug, reasons, last_error: keptReason(reason) },
  };
}
