import type { NodeConfigurationPayload } from '@cynodeai/contracts/control-plane';
import { ordersInference } from '../../domain/node/configuration.ts';
import { type NodePolicy, mergePolicy } from '../../domain/node/policy.ts';
import type { NodeSettings } from '../../domain/node/settings.ts';
import type { AppliedConfig } from './current-config.ts';

export interface AppliedConfigDeps {
  readonly settings: NodeSettings;
  /** SHA-256 as hex of canonical JSON. */
  readonly hash: (value: unknown) => string;
}

/**
 * What of an effective configuration is hashed: everything but secrets.
 * See docs/reference/nodes.md#acknowledgement.
 */
function effective(config: NodeConfigurationPayload, policy: NodePolicy): unknown {
  const { node_slug, orchestrator, inference_backend } = config;
  return { node_slug, orchestrator, policy, ...(inference_backend && { inference_backend }) };
}

/** A configuration as it takes effect, merged with the node's own settings. */
export function appliedConfig(
  { settings, hash }: AppliedConfigDeps,
  config: NodeConfigurationPayload,
): AppliedConfig {
  const policy = mergePolicy(settings, config);
  return {
    configVersion: config.config_version,
    effectiveHash: hash(effective(config, policy)),
    policy,
    token: config.worker_api.orchestrator_bearer_token,
    ordersInference: ordersInference(config),
  };
}
