import type { NodeBootstrapPayload, NodeCapabilityReport } from '@cynodeai/contracts/control-plane';
import { checkPayload } from '../../domain/nodes/check-payload.ts';
import type { ClientContext } from '../../ports/identity.ts';
import type { NodeTokenIssuer } from '../../ports/node-secrets.ts';
import type { StoredNode } from '../../ports/node-registry.ts';
import { refreshDesiredConfig } from './desired-config.ts';
import { type RefreshConfigsDeps, refreshConfigs } from './refresh-configs.ts';

export interface RegisterNodeDeps extends RefreshConfigsDeps {
  readonly issuer: NodeTokenIssuer;
  readonly paths: { readonly register: string; readonly config: string };
}

export interface Registration extends ClientContext {
  readonly report: NodeCapabilityReport;
}

async function bootstrapOf(
  node: StoredNode,
  deps: RegisterNodeDeps,
): Promise<NodeBootstrapPayload> {
  const now = deps.clock.now();
  const { jwt, expiresAt } = await deps.issuer.issue(
    { nodeId: node.id, slug: node.slug, epoch: node.jwtEpoch },
    now,
  );
  return {
    version: 1,
    issued_at: now.toISOString(),
    orchestrator: {
      base_url: deps.publicUrl,
      endpoints: {
        worker_registration_url: `${deps.publicUrl}${deps.paths.register}`,
        node_report_url: `${deps.publicUrl}${deps.reportPath}`,
        node_config_url: `${deps.publicUrl}${deps.paths.config}`,
      },
    },
    auth: { node_jwt: jwt, expires_at: expiresAt.toISOString() },
  };
}

/**
 * Registers a node whose pre-shared key was checked, or registers it anew: it gets no work until it
 * acknowledges its configuration, and its older JWTs stop working.
 * See docs/reference/nodes.md#registration.
 * @throws OrchestratorError `input_invalid`, `worker_url_invalid`.
 */
export async function registerNode(
  registration: Registration,
  deps: RegisterNodeDeps,
): Promise<{ readonly created: boolean; readonly bootstrap: NodeBootstrapPayload }> {
  const { report, ip, userAgent } = registration;
  checkPayload(report);
  const { node, created } = await deps.registry.transaction(async (tx) => {
    const now = deps.clock.now();
    const registered = await tx.registerSlug(report.node.node_slug, now);
    const { reported_at: _time, ...facts } = report;
    await tx.saveReport(registered.node.id, { report, hash: deps.hash(facts), at: now });
    await refreshDesiredConfig(tx, registered.node, report, deps);
    await tx.audit({
      event: 'node_registered',
      success: true,
      slug: registered.node.slug,
      ip,
      userAgent,
      reason: registered.created ? 'first' : 'again',
    });
    return registered;
  });
  // The environment's URL serves one node only: once there are more, the others fall back to what they reported.
  if (created && deps.workerUrlOverride !== undefined) await refreshConfigs(deps, node.id);
  deps.log.info('a node registered', { node_slug: node.slug, node_id: node.id, created });
  return { created, bootstrap: await bootstrapOf(node, deps) };
}
