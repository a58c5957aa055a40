import type { NodeFacts } from '../dispatch/node-facts.ts';
import { type WaitingReason, eligibleNodes } from '../dispatch/select-node.ts';

/** A kept workspace that queued jobs want. */
export interface WantedWorkspace {
  readonly name: string;
  /** Node its content lies on. */
  readonly nodeId: string | undefined;
  /** A job has run in it. */
  readonly isUsed: boolean;
  /** Name of the task whose job holds it. */
  readonly heldBy: string | undefined;
}

export interface WorkspaceWait {
  readonly reason: WaitingReason;
  readonly text?: string;
}

function whyAway(node: NodeFacts): string {
  if (!node.enabled) return 'is disabled';
  return node.status === 'active' ? 'takes no work now' : 'does not answer';
}

/**
 * Why jobs of a workspace wait; undefined while they only wait for a free slot.
 * See docs/reference/workspaces.md#one-at-a-time and docs/reference/workspaces.md#where-it-lies.
 */
export function workspaceWait(
  nodes: readonly NodeFacts[],
  { name, nodeId, isUsed, heldBy }: WantedWorkspace,
): WorkspaceWait | undefined {
  if (heldBy !== undefined) {
    const text = `task ${heldBy} holds the workspace ${name}; it starts when that ends, or after: cynork task cancel ${heldBy}`;
    return { reason: 'workspace_busy', text };
  }
  const without = `to begin anew without what is in it: cynork workspaces delete ${name}`;
  const node = nodes.find((one) => one.nodeId === nodeId);
  if (node === undefined) {
    if (isUsed) {
      const text = `the node that the workspace ${name} lay on is not registered any more; cancel the task, then ${without}`;
      return { reason: 'workspace_node_away', text };
    }
    const reason = eligibleNodes(nodes, { useInference: false, refusedBy: [], workspace: {} });
    return reason === 'no_node_for_workspaces' ? { reason } : undefined;
  }
  const found = eligibleNodes([node], { useInference: false, refusedBy: [], workspace: {} });
  if (typeof found !== 'string') return undefined;
  const text = `the workspace ${name} lies on node ${node.slug}, which ${whyAway(node)}; cynork nodes get ${node.slug} says more; or cancel the task, and ${without}`;
  return { reason: 'workspace_node_away', text };
}
