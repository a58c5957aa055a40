import type { Log } from '@cynodeai/runtime/observe';
import type { NodeConnection, Nodes } from '../../ports/nodes.ts';
import type { WorkerApi } from '../../ports/worker-api.ts';
import type { KnownWorkspaces } from '../../ports/workspaces.ts';

export interface RemoveLostWorkspacesDeps {
  readonly nodes: Pick<Nodes, 'all'>;
  readonly worker: Pick<WorkerApi, 'listWorkspaces' | 'removeWorkspace'>;
  readonly known: KnownWorkspaces;
  readonly log: Log;
}

async function removeOn(deps: RemoveLostWorkspacesDeps, node: NodeConnection): Promise<void> {
  const { worker, known, log } = deps;
  const ids = await worker.listWorkspaces(node);
  if (ids === undefined || ids.length === 0) return;
  // Asked after the node has answered: what it has was known before, and what is unknown now never comes back.
  for (const workspaceId of await known.lost(node.nodeId, ids)) {
    const answer = await worker.removeWorkspace(node, workspaceId);
    log.info('a node was asked to remove a workspace', {
      node_slug: node.slug,
      workspace_id: workspaceId,
      answer,
    });
  }
}

/**
 * Has nodes remove the workspaces they keep that were deleted, also while they were away; one that does not answer or
 * still has a job in it is asked again the next time. See docs/reference/workspaces.md#delete.
 */
export async function removeLostWorkspaces(deps: RemoveLostWorkspacesDeps): Promise<void> {
  const nodes = (await deps.nodes.all()).flatMap(({ facts, connection }) =>
    facts.keepsWorkspaces === true && facts.status === 'active' && connection ? [connection] : [],
  );
  await Promise.all(nodes.map((node) => removeOn(deps, node)));
}
