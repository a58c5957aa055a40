/** States of a registered node. See docs/reference/nodes.md#node-states. */
export type NodeStatus = 'registered' | 'active' | 'inactive' | 'drained';

/** What a node last said about the configuration it was given. */
export type ConfigAckStatus = 'applied' | 'failed' | 'rolled_back';

/**
 * The label that keeps inference off a node, compared exactly.
 * See docs/reference/inference.md#who-must-start-a-container.
 */
export const sandboxOnlyLabel = 'sandbox_only';

/**
 * Label of the node on the orchestrator's own host, literally.
 * See docs/reference/inference.md#project-manager-model.
 */
export const orchestratorHostLabel = 'orchestrator_host';

/** Byte order of two slugs, the tie-break wherever nodes are compared. */
export function compareSlugs(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
