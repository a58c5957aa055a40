import type { NodeCapabilityReport } from '@cynodeai/contracts/control-plane';
import type { NodeTransaction, StoredNode } from '../../ports/node-registry.ts';
import { type DesiredConfigDeps, refreshDesiredConfig } from './desired-config.ts';

/**
 * Stores a report on a locked node. With an unchanged hash only times move; a changed one brings
 * the desired configuration up to date. See docs/reference/nodes.md#capability-report
 * (REQ-ORCHES-0113).
 * @throws OrchestratorError `worker_url_invalid`.
 */
export async function ingestReport(
  tx: NodeTransaction,
  node: StoredNode,
  report: NodeCapabilityReport,
  deps: DesiredConfigDeps,
): Promise<void> {
  const { reported_at: _time, ...facts } = report;
  const hash = deps.hash(facts);
  await tx.saveReport(node.id, { report, hash, at: deps.clock.now() });
  if (hash === node.capabilityHash) return;
  deps.log.info('the capabilities of a node changed', {
    node_slug: node.slug,
    capability_hash: hash,
  });
  await refreshDesiredConfig(tx, node, report, deps);
}
