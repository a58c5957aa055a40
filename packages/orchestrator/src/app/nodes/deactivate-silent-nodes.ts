import type { Log } from '@cynodeai/runtime/observe';
import type { NodeHeartbeats } from '../../ports/node-registry.ts';

export interface DeactivateSilentNodesDeps {
  readonly nodes: NodeHeartbeats;
  readonly log: Log;
}

/**
 * Marks nodes that were silent for too long `inactive`; they get no work until they call again.
 * Their jobs are not touched: leases are renewed only while the node answers for a job, so a dead
 * node's jobs come free by themselves and a healthy job on a node that cannot reach the
 * orchestrator goes on. See docs/reference/nodes.md#node-states and
 * docs/reference/nodes.md#silence.
 */
export async function deactivateSilentNodes({
  nodes,
  log,
}: DeactivateSilentNodesDeps): Promise<void> {
  for (const slug of await nodes.deactivateSilent()) {
    log.warn('a node is silent and gets no more work', { node_slug: slug });
  }
}
