import type { NodeConfigurationPayload } from '@cynodeai/contracts/control-plane';
import { limits, normaliseImageRef } from '@cynodeai/contracts/common';
import type { NetworkPolicy, NodeSettings } from './settings.ts';

/**
 * What this node allows once local settings and configuration are merged; the stricter of both
 * holds. See docs/reference/nodes.md#merging-with-local-policy.
 */
export interface NodePolicy {
  readonly sandboxEnabled: boolean;
  readonly maxConcurrency: number;
  readonly defaultTimeoutSeconds: number;
  readonly maxTimeoutSeconds: number;
  readonly defaultImage?: string;
  /** Normalised references, sorted; absent means no restriction. */
  readonly allowedImages?: readonly string[];
  readonly requireDigest: boolean;
  /** Both mean that a sandbox has no network. */
  readonly networkPolicy: 'restricted' | 'none';
  /** Largest body of a request, bytes. See docs/reference/worker-api.md#sizes. */
  readonly maxRequestBytes: number;
}

/** References in their full form; one that is not an image reference allows nothing. */
function normalised(images: readonly string[]): ReadonlySet<string> {
  return new Set(images.map(normaliseImageRef).filter((image) => image !== undefined));
}

function intersect(
  local: readonly string[] | undefined,
  ordered: readonly string[] | undefined,
): readonly string[] | undefined {
  const mine = local && normalised(local);
  const theirs = ordered && normalised(ordered);
  if (mine === undefined) return theirs && [...theirs].toSorted();
  return [...(theirs === undefined ? mine : mine.intersection(theirs))].toSorted();
}

function smallest(values: readonly (number | undefined)[]): number | undefined {
  const set = values.filter((value) => value !== undefined);
  return set.length === 0 ? undefined : Math.min(...set);
}

/** `allowlist` acts as `none`, so anything but two times `restricted` is `none`. */
function stricter(wishes: readonly (NetworkPolicy | undefined)[]): 'restricted' | 'none' {
  return wishes.some((wish) => wish === 'none' || wish === 'allowlist') ? 'none' : 'restricted';
}

/**
 * Merges the operator's settings with the orchestrator's configuration: allow-lists intersect (an
 * absent one restricts nothing), caps take the minimum, the network takes the stricter policy.
 * See docs/reference/nodes.md#merging-with-local-policy, REQ-WORKER-0120, REQ-WORKER-0121.
 */
export function mergePolicy(settings: NodeSettings, config: NodeConfigurationPayload): NodePolicy {
  const { sandbox } = settings;
  const { constraints, policy } = config;
  const allowed = intersect(sandbox.allowedImages, policy?.sandbox?.allowed_images);
  const max =
    smallest([sandbox.maxTimeoutSeconds, constraints?.max_job_timeout_seconds]) ??
    sandbox.maxTimeoutSeconds;
  return {
    sandboxEnabled: sandbox.mode !== 'disabled',
    maxConcurrency: sandbox.maxConcurrency,
    defaultTimeoutSeconds: Math.min(sandbox.defaultTimeoutSeconds, max),
    maxTimeoutSeconds: max,
    ...(sandbox.defaultImage !== undefined && { defaultImage: sandbox.defaultImage }),
    ...(allowed !== undefined && { allowedImages: allowed }),
    requireDigest: config.require_digest_pinning ?? false,
    networkPolicy: stricter([
      sandbox.defaultNetworkPolicy,
      policy?.sandbox?.default_network_policy,
    ]),
    maxRequestBytes:
      smallest([settings.maxRequestBytes, constraints?.max_request_bytes]) ??
      limits.requestBodyBytes,
  };
}
