import type { ModelNode } from './model-node.ts';

/** Nodes in the order in which they are tried, with the codes of why the first is the first. */
export interface NodeOrder {
  readonly nodes: readonly ModelNode[];
  readonly reasons: readonly string[];
}

/** Slugs are ASCII, so that this is byte order. */
function bySlug(a: ModelNode, b: ModelNode): number {
  return a.slug < b.slug ? -1 : 1;
}

function byMemoryThenSlug(a: ModelNode, b: ModelNode): number {
  return b.vramTotalMb - a.vramTotalMb || bySlug(a, b);
}

const tied = (code: string, equals: number): readonly string[] =>
  equals > 1 ? [code, 'tie_node_slug'] : [code];

/** The orchestrator's host whatever its memory, else the most memory; the others follow by the same rule. */
export function orderNodes(candidates: readonly ModelNode[], preferHost: boolean): NodeOrder {
  const hosts = candidates.filter((node) => preferHost && node.isOrchestratorHost);
  const others = candidates.filter((node) => !hosts.includes(node)).toSorted(byMemoryThenSlug);
  const nodes = [...hosts.toSorted(bySlug), ...others];
  if (hosts.length > 0) return { nodes, reasons: tied('prefer_orchestrator_host', hosts.length) };
  const most = others[0]?.vramTotalMb;
  const equals = others.filter((node) => node.vramTotalMb === most).length;
  return { nodes, reasons: tied('largest_vram', equals) };
}
