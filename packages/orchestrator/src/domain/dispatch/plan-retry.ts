import type { DispatchNote, SandboxJobPayload } from '../jobs/job-payload.ts';
import type { NodeFacts } from './node-facts.ts';
import { eligibleNodes, jobNeeds } from './select-node.ts';

/** A queued job that a node may have already. */
export interface RetryCandidate {
  readonly jobId: string;
  readonly nodeId: string;
  readonly payload: SandboxJobPayload;
}

export type RetryPlan =
  /** Its node is asked first. */
  | {
      readonly kind: 'ask';
      readonly jobId: string;
      readonly node: NodeFacts;
      /** The node may be sent the job again. */
      readonly mayTakeWork: boolean;
      readonly note: DispatchNote;
    }
  /** Its node cannot be called any more and so cannot be asked: the job goes anywhere. */
  | { readonly kind: 'forget_node'; readonly jobId: string };

/**
 * Free slots do not count: the job is asked for before it is sent, and its slot was kept.
 * See docs/reference/leases.md#leases-and-retries.
 */
export function planRetry(nodes: readonly NodeFacts[], candidate: RetryCandidate): RetryPlan {
  const { jobId, nodeId, payload } = candidate;
  const node = nodes.find((one) => one.nodeId === nodeId);
  if (node?.hasUrl !== true || !node.hasToken) return { kind: 'forget_node', jobId };
  return {
    kind: 'ask',
    jobId,
    node,
    mayTakeWork: typeof eligibleNodes([node], jobNeeds(payload)) !== 'string',
    note: { node_slug: node.slug, reasons: ['last_node'] },
  };
}
