import { type NodeFacts, freeSlots } from './node-facts.ts';
import { type WaitingReason, eligibleNodes } from './select-node.ts';

/** Where jobs of one kind can go now. */
export type ClassSlots =
  /** Nodes with a free slot; none when all are busy. */
  | { readonly kind: 'open'; readonly nodeIds: readonly string[] }
  /** No node may run such a job at all. */
  | { readonly kind: 'closed'; readonly reason: WaitingReason };

/** Room for jobs with and without inference. */
export interface OpenSlots {
  readonly plain: ClassSlots;
  readonly inference: ClassSlots;
  /** Nodes that take folders, busy or not. */
  readonly folders: { readonly nodeIds: readonly string[] };
  /** Jobs that fit now in all. */
  readonly total: number;
}

function slotsFor(nodes: readonly NodeFacts[], useInference: boolean): ClassSlots {
  const eligible = eligibleNodes(nodes, { useInference, refusedBy: [] });
  if (typeof eligible === 'string') return { kind: 'closed', reason: eligible };
  const open = eligible.filter((node) => freeSlots(node) > 0);
  return { kind: 'open', nodeIds: open.map((node) => node.nodeId) };
}

function folderSlots(nodes: readonly NodeFacts[]): OpenSlots['folders'] {
  const eligible = eligibleNodes(nodes, { useInference: false, hasFolder: true, refusedBy: [] });
  return { nodeIds: typeof eligible === 'string' ? [] : eligible.map((node) => node.nodeId) };
}

/** The nodes a claim may fill, so that a job no free node can take never holds up the ones behind it. */
export function openSlots(nodes: readonly NodeFacts[]): OpenSlots {
  const plain = slotsFor(nodes, false);
  const ids = plain.kind === 'open' ? plain.nodeIds : [];
  const open = nodes.filter((node) => ids.includes(node.nodeId));
  return {
    plain,
    inference: slotsFor(nodes, true),
    folders: folderSlots(nodes),
    total: open.reduce((sum, node) => sum + freeSlots(node), 0),
  };
}
