/** States of a registered node. Contract 01 section 3.1. */
export type NodeStatus = 'registered' | 'active' | 'inactive' | 'drained';

/** What a node last said about the configuration it was given. */
export type ConfigAckStatus = 'applied' | 'failed' | 'rolled_back';

/** The label that keeps inference off a node, compared exactly. Contract 01 section 3.5. */
export const sandboxOnlyLabel = 'sandbox_only';

/** Label of the node on the orchestrator's own host, literally. Contract 01 section 7.1. */
export const orchestratorHostLabel = 'orchestrator_host';

/** Byte order of two slugs, the tie-break wherever nodes are compared. */
export function compareSlugs(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
