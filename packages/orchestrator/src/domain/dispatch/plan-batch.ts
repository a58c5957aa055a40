import type { NodeFacts } from './node-facts.ts';
import { type JobNeeds, type Selection, selectNode } from './select-node.ts';

export interface Candidate extends JobNeeds {
  readonly jobId: string;
}

export interface Placement {
  readonly jobId: string;
  readonly node: NodeFacts;
  readonly reasons: readonly string[];
}

/** Places jobs one after the other, oldest first, each counting towards the load the next one sees;
 * of those that share a workspace the first. */
export function planBatch(
  nodes: readonly NodeFacts[],
  candidates: readonly Candidate[],
): Placement[] {
  const load = new Map(nodes.map((node) => [node.nodeId, node.running]));
  const placements: Placement[] = [];
  const held = new Set<string>();
  for (const candidate of candidates) {
    const workspaceId = candidate.workspace?.id;
    if (workspaceId !== undefined && held.has(workspaceId)) continue;
    const current = nodes.map((node) => ({
      ...node,
      running: load.get(node.nodeId) ?? node.running,
    }));
    const selection: Selection = selectNode(current, candidate);
    if (selection.kind === 'waiting') continue;
    const { node, reasons } = selection;
    load.set(node.nodeId, node.running + 1);
    if (workspaceId !== undefined) held.add(workspaceId);
    placements.push({ jobId: candidate.jobId, node, reasons });
  }
  return placements;
}
