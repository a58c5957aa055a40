import { folderFeature, workspaceFeature } from '@cynodeai/contracts/worker-api';
import { at } from '@cynodeai/runtime/std';
import { jobSecretsFeature } from '@cynodeai/contracts/control-plane';
import { type ConfigAckStatus, type NodeStatus, sandboxOnlyLabel } from '../nodes/node.ts';

/**
 * What scheduling knows of one node: stored state only, never telemetry.
 * See docs/reference/leases.md#which-nodes-may-run-a-job and
 * docs/reference/leases.md#which-one-is-chosen.
 */
export interface NodeFacts {
  readonly nodeId: string;
  readonly slug: string;
  readonly enabled: boolean;
  readonly status: NodeStatus;
  readonly ackStatus: ConfigAckStatus | undefined;
  /** The acknowledged configuration carried URL and token, and both are still the desired ones. */
  readonly connectivityAcked: boolean;
  readonly hasUrl: boolean;
  /** A bearer token is stored and can be decrypted. */
  readonly hasToken: boolean;
  readonly labels: readonly string[];
  readonly sandboxSupported: boolean | undefined;
  /** It takes folders; nodes of before do not. */
  readonly takesFolders?: boolean;
  /** Its sandboxes can be given secrets. */
  readonly jobSecrets?: boolean;
  /** It keeps workspaces between jobs. */
  readonly keepsWorkspaces?: boolean;
  /** Jobs the node runs at once; 1 when it did not say. */
  readonly maxConcurrency: number | undefined;
  readonly inference: {
    readonly supported: boolean;
    readonly disabled: boolean;
    readonly answering: boolean;
    /** The acknowledged configuration ordered an inference container. */
    readonly ordered: boolean;
    /** The node says that its model service does not answer now. */
    readonly silent?: boolean;
    /** Where that service is, without a path. */
    readonly serviceUrl?: string;
  };
  /** Jobs running there now. */
  readonly running: number;
}

/**
 * Whether work may be sent to the node at all.
 * See docs/reference/leases.md#which-nodes-may-run-a-job.
 */
export function isDispatchable(node: NodeFacts): boolean {
  return (
    node.enabled &&
    node.status === 'active' &&
    node.ackStatus === 'applied' &&
    node.connectivityAcked &&
    node.hasUrl &&
    node.hasToken
  );
}

/** Whether the node can serve a model. See docs/reference/leases.md#which-nodes-may-run-a-job. */
export function isInferenceCapable(node: NodeFacts): boolean {
  const { supported, disabled, answering, ordered } = node.inference;
  return (
    supported && !disabled && !node.labels.includes(sandboxOnlyLabel) && (answering || ordered)
  );
}

/** Whether the node relies on a model service that does not answer; it may come back any time. */
export function isServiceDown(node: NodeFacts): boolean {
  return isInferenceCapable(node) && node.inference.silent === true;
}

/** Free job slots of a node, never negative. */
export function freeSlots(node: NodeFacts): number {
  return Math.max(0, (node.maxConcurrency ?? 1) - node.running);
}

/** Parts of the last capability report that scheduling looks at, as they were stored. */
export interface StoredCapability {
  readonly labels: unknown;
  readonly sandbox: unknown;
  readonly inference: unknown;
}

/**
 * What a report says for scheduling; whatever is not of the expected type counts as not said.
 * See docs/reference/leases.md#which-nodes-may-run-a-job.
 */
export function capabilityFacts(
  { labels, sandbox, inference }: StoredCapability,
  inferenceOrdered: boolean,
): Pick<
  NodeFacts,
  | 'labels'
  | 'sandboxSupported'
  | 'takesFolders'
  | 'jobSecrets'
  | 'keepsWorkspaces'
  | 'maxConcurrency'
  | 'inference'
> {
  const supported = at(sandbox, 'supported');
  const concurrency = at(sandbox, 'max_concurrency');
  const features = at(sandbox, 'features');
  const has = (name: string): boolean => Array.isArray(features) && features.includes(name);
  const serviceUrl = at(inference, 'service_url');
  return {
    labels: Array.isArray(labels) ? labels.map(String) : [],
    sandboxSupported: typeof supported === 'boolean' ? supported : undefined,
    ...(has(folderFeature) && { takesFolders: true }),
    ...(has(jobSecretsFeature) && { jobSecrets: true }),
    ...(has(workspaceFeature) && { keepsWorkspaces: true }),
    maxConcurrency: typeof concurrency === 'number' ? concurrency : undefined,
    inference: {
      supported: at(inference, 'supported') === true,
      disabled: at(inference, 'mode') === 'disabled',
      answering: ['running', 'existing_service'].some((name) => at(inference, name) === true),
      ordered: inferenceOrdered,
      ...(at(inference, 'running') === false && { silent: true }),
      ...(typeof serviceUrl === 'string' && { serviceUrl }),
    },
  };
}
