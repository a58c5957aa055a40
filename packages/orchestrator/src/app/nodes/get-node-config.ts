import type { NodeConfigurationPayload } from '@cynodeai/contracts/control-plane';
import { OrchestratorError } from '../../domain/errors.ts';
import type { NodeRegistry } from '../../ports/node-registry.ts';
import type { NodeActor } from '../../domain/identity/actor.ts';
import { type DesiredConfigDeps, refreshDesiredConfig } from './desired-config.ts';

export interface GetNodeConfigDeps extends DesiredConfigDeps {
  readonly registry: NodeRegistry;
}

/**
 * The configuration the calling node should run; the same version as long as nothing changed.
 * See docs/reference/nodes.md#configuration.
 * @throws OrchestratorError `node_unknown`, `node_config_unavailable`.
 */
export async function getNodeConfig(
  caller: NodeActor,
  deps: GetNodeConfigDeps,
): Promise<NodeConfigurationPayload> {
  return deps.registry.transaction(async (tx) => {
    const node = await tx.lock(caller.nodeId);
    if (node === undefined) throw new OrchestratorError('node_unknown', 'register this node first');
    const report = await tx.readReport(node.id);
    const config = report && (await refreshDesiredConfig(tx, node, report, deps));
    if (config === undefined) {
      throw new OrchestratorError(
        'node_config_unavailable',
        'no configuration yet: report worker_api.base_url, or set an override for this node',
      );
    }
    return config;
  });
}
