import type { NodeRegistry, StoredNode } from '../../ports/node-registry.ts';
import { type DesiredConfigDeps, refreshDesiredConfig } from './desired-config.ts';

export interface RefreshConfigsDeps extends DesiredConfigDeps {
  readonly registry: NodeRegistry;
}

/** Unasked, no node gets a new token because this process has another key: it would cut the node off. */
function mayBeRefreshed({ id, sealedToken }: StoredNode, { vault }: RefreshConfigsDeps): boolean {
  return sealedToken === undefined || vault.open(id, sealedToken) !== undefined;
}

/**
 * Brings the desired configuration of every node but one up to date, each in a transaction of its
 * own; nothing is written where the content stays. See docs/reference/nodes.md#configuration.
 */
export async function refreshConfigs(
  deps: RefreshConfigsDeps,
  exceptNodeId?: string,
): Promise<void> {
  const ids = await deps.registry.ids();
  for (const id of ids.filter((one) => one !== exceptNodeId)) {
    await deps.registry.transaction(async (tx) => {
      const node = await tx.lock(id);
      const report = node && (await tx.readReport(id));
      if (!node || !report || !mayBeRefreshed(node, deps)) return;
      await refreshDesiredConfig(tx, node, report, deps);
    });
  }
}
