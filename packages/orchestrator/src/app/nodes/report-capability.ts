import type { NodeCapabilityReport } from '@cynodeai/contracts/control-plane';
import { OrchestratorError } from '../../domain/errors.ts';
import { checkPayload } from '../../domain/nodes/check-payload.ts';
import type { NodeRegistry } from '../../ports/node-registry.ts';
import type { NodeActor } from '../../domain/identity/actor.ts';
import type { DesiredConfigDeps } from './desired-config.ts';
import { ingestReport } from './ingest-report.ts';

export interface ReportCapabilityDeps extends DesiredConfigDeps {
  readonly registry: NodeRegistry;
}

/**
 * Takes in a report, which is also the heartbeat. See docs/reference/nodes.md#capability-report.
 * @throws OrchestratorError `node_slug_mismatch`, `node_unknown`, `input_invalid`,
 * `worker_url_invalid`.
 */
export async function reportCapability(
  caller: NodeActor,
  report: NodeCapabilityReport,
  deps: ReportCapabilityDeps,
): Promise<void> {
  if (report.node.node_slug !== caller.slug) {
    throw new OrchestratorError('node_slug_mismatch', 'must be the slug of the calling node', {
      field: 'node.node_slug',
    });
  }
  checkPayload(report);
  await deps.registry.transaction(async (tx) => {
    const node = await tx.lock(caller.nodeId);
    if (node === undefined) throw new OrchestratorError('node_unknown', 'register this node first');
    await ingestReport(tx, node, report, deps);
  });
}
