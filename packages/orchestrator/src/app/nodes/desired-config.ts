import type {
  NodeCapabilityReport,
  NodeConfigurationPayload,
} from '@cynodeai/contracts/control-plane';
import type { Log } from '@cynodeai/runtime/observe';
import { type Clock, nextUlid } from '@cynodeai/runtime/std';
import { type ConfigContent, buildConfigContent } from '../../domain/nodes/config-content.ts';
import {
  inferencePolicyOf,
  nodeConfigSettingKeys,
  nodeConstraintsOf,
} from '../../domain/nodes/config-settings.ts';
import { decideInferenceBackend } from '../../domain/nodes/inference-backend.ts';
import { chooseWorkerUrl, normalizeWorkerUrl } from '../../domain/nodes/worker-url.ts';
import type { ContentHash, NodeTokenVault } from '../../ports/node-secrets.ts';
import type { IssuedVersion, NodeTransaction, StoredNode } from '../../ports/node-registry.ts';

export interface DesiredConfigDeps {
  readonly vault: NodeTokenVault;
  readonly hash: ContentHash;
  readonly clock: Clock;
  readonly log: Log;
  /** Base of the URLs nodes are given; no trailing slash. */
  readonly publicUrl: string;
  readonly reportPath: string;
  /** WORKER_API_TARGET_URL, checked. */
  readonly workerUrlOverride: string | undefined;
}

function tokenOf(node: StoredNode, deps: DesiredConfigDeps): { token: string; sealed: string } {
  const { sealedToken } = node;
  const stored = sealedToken === undefined ? undefined : deps.vault.open(node.id, sealedToken);
  if (stored !== undefined && sealedToken !== undefined) {
    return { token: stored, sealed: sealedToken };
  }
  if (sealedToken !== undefined) {
    deps.log.warn('the stored Worker API token cannot be opened with this key; a new one is made', {
      node_slug: node.slug,
    });
  }
  const token = deps.vault.create();
  return { token, sealed: deps.vault.seal(node.id, token) };
}

async function urlOf(
  tx: NodeTransaction,
  node: StoredNode,
  report: NodeCapabilityReport,
  deps: DesiredConfigDeps,
): Promise<string | undefined> {
  const reported = report.worker_api?.base_url;
  const choice = chooseWorkerUrl({
    nodeOverride: node.workerUrlOverride,
    environmentOverride: deps.workerUrlOverride,
    reported:
      reported === undefined ? undefined : normalizeWorkerUrl(reported, 'worker_api.base_url'),
    nodeCount: await tx.count(),
  });
  if (choice.environmentIgnored) {
    deps.log.error(
      'WORKER_API_TARGET_URL is ignored: it names one URL and several nodes are registered',
      {
        node_slug: node.slug,
      },
    );
  } else if (choice.source !== 'reported' && choice.url !== node.workerUrl) {
    deps.log.info('the Worker API URL of a node is overridden', {
      node_slug: node.slug,
      source: choice.source,
    });
  }
  return choice.url;
}

/** The version that carries `content`: the desired one when nothing changed, else a new and greater one. */
async function versionFor(
  tx: NodeTransaction,
  node: StoredNode,
  content: ConfigContent,
  deps: DesiredConfigDeps,
): Promise<IssuedVersion> {
  const contentHash = deps.hash(content);
  const desired =
    node.desiredVersion === undefined
      ? undefined
      : await tx.findVersion(node.id, node.desiredVersion);
  if (desired !== undefined && desired.contentHash === contentHash) return desired;
  const now = deps.clock.now();
  const issued: IssuedVersion = {
    version: nextUlid(now.getTime(), node.desiredVersion),
    contentHash,
    connectivityHash: deps.hash([
      content.orchestrator.endpoints.worker_api_target_url,
      content.worker_api.orchestrator_bearer_token,
    ]),
    inferenceEnabled: content.inference_backend?.enabled === true,
    issuedAt: now,
  };
  await tx.issueVersion(node.id, issued);
  deps.log.info('a new node configuration was issued', {
    node_slug: node.slug,
    config_version: issued.version,
  });
  return issued;
}

/**
 * Brings the desired configuration of a locked node up to date and returns it; undefined while the
 * node has no Worker API URL. The version changes only with the content.
 * See docs/reference/nodes.md#configuration.
 * @throws OrchestratorError `worker_url_invalid`.
 */
export async function refreshDesiredConfig(
  tx: NodeTransaction,
  node: StoredNode,
  report: NodeCapabilityReport,
  deps: DesiredConfigDeps,
): Promise<NodeConfigurationPayload | undefined> {
  const url = await urlOf(tx, node, report, deps);
  const { token, sealed } = tokenOf(node, deps);
  if (url !== node.workerUrl || sealed !== node.sealedToken) {
    await tx.setConnectivity(node.id, { workerUrl: url, sealedToken: sealed });
  }
  if (url === undefined) return undefined;
  const settings = await tx.settings(nodeConfigSettingKeys);
  const content = buildConfigContent({
    nodeSlug: node.slug,
    orchestratorBaseUrl: deps.publicUrl,
    nodeReportUrl: `${deps.publicUrl}${deps.reportPath}`,
    workerApiTargetUrl: url,
    workerApiBearerToken: token,
    inferenceBackend: decideInferenceBackend(report, inferencePolicyOf(settings)),
    constraints: nodeConstraintsOf(settings),
  });
  const issued = await versionFor(tx, node, content, deps);
  return {
    ...content,
    config_version: issued.version,
    issued_at: issued.issuedAt.toISOString(),
  };
}
