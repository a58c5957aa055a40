import { trimEnd } from '@cynodeai/runtime/std';
import { serviceUrlSchema } from '@cynodeai/contracts/common';
import { OrchestratorError } from '../errors.ts';

/**
 * A Worker API URL as it is stored: checked, without trailing slashes.
 * See docs/reference/nodes.md#worker-api-url.
 * @throws OrchestratorError `worker_url_invalid`.
 */
export function normalizeWorkerUrl(url: string, field: string): string {
  const parsed = serviceUrlSchema.safeParse(url);
  if (!parsed.success) {
    throw new OrchestratorError(
      'worker_url_invalid',
      'must be an absolute http or https URL without userinfo, query or fragment',
      { field },
    );
  }
  return trimEnd(parsed.data, '/');
}

export interface WorkerUrlSources {
  /** `nodes.metadata.worker_api_target_url_override`. */
  readonly nodeOverride: string | undefined;
  /** The environment's WORKER_API_TARGET_URL. */
  readonly environmentOverride: string | undefined;
  /** `worker_api.base_url` of the last report. */
  readonly reported: string | undefined;
  /** Registered nodes, this one included. */
  readonly nodeCount: number;
}

export interface WorkerUrlChoice {
  /** The URL to dial; undefined = the node cannot be dispatched to. */
  readonly url: string | undefined;
  readonly source: 'node_override' | 'environment_override' | 'reported' | 'none';
  /** The environment names one URL while several nodes are registered, so it was not used. */
  readonly environmentIgnored: boolean;
}

/**
 * Which URL the orchestrator dials for a node. See docs/reference/nodes.md#worker-api-url
 * (REQ-ORCHES-0148).
 */
export function chooseWorkerUrl(sources: WorkerUrlSources): WorkerUrlChoice {
  const { nodeOverride, environmentOverride, reported, nodeCount } = sources;
  const environmentIgnored = environmentOverride !== undefined && nodeCount > 1;
  if (nodeOverride !== undefined) {
    return { url: nodeOverride, source: 'node_override', environmentIgnored };
  }
  if (environmentOverride !== undefined && !environmentIgnored) {
    return { url: environmentOverride, source: 'environment_override', environmentIgnored };
  }
  return reported === undefined
    ? { url: undefined, source: 'none', environmentIgnored }
    : { url: reported, source: 'reported', environmentIgnored };
}
