import {
  type NodeConfigurationPayload,
  nodeConfigurationPayloadSchema,
} from '@cynodeai/contracts/control-plane';
import { ulidSchema } from '@cynodeai/contracts/common';
import { at, parseJsonOr } from '@cynodeai/runtime/std';

/** Why a configuration cannot be applied; `type` goes into the ack's error. */
export interface ConfigurationFault {
  readonly type:
    | 'unparsable_configuration'
    | 'invalid_configuration'
    | 'unsupported_payload_version'
    | 'wrong_node_slug'
    | 'stale_config_version'
    | 'inference_start_failed'
    | 'listen_failed'
    | 'apply_failed';
  readonly message: string;
}

/** A fetched configuration after validation. */
export type ConfigurationReading =
  | { readonly outcome: 'accepted'; readonly config: NodeConfigurationPayload }
  | {
      readonly outcome: 'rejected';
      /** The version to acknowledge; absent when the payload names none that could be one. */
      readonly configVersion?: string;
      readonly fault: ConfigurationFault;
    };

/** What the node holds a configuration against. */
export interface ConfigurationContext {
  readonly slug: string;
  /** Last version this node applied, also in an earlier run. */
  readonly lastApplied: string | undefined;
}

const supportedVersion = 1;

/** Paths of the broken rules, without values: a payload holds a secret. */
function faultsOf(error: {
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];
}): string {
  return error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.map(String).join('.') || 'payload'}: ${issue.message}`)
    .join('; ');
}

/**
 * Reads a configuration at startup: it must be JSON, of payload version 1, complete, for this node
 * and not older than the last applied one. Unknown fields are ignored.
 * See docs/reference/nodes.md#start-of-a-node and docs/reference/nodes.md#configuration.
 */
export function readConfiguration(
  text: string,
  context: ConfigurationContext,
): ConfigurationReading {
  const payload = parseJsonOr(text);
  const named = ulidSchema.safeParse(at(payload, 'config_version'));
  const reject = (type: ConfigurationFault['type'], message: string): ConfigurationReading => ({
    outcome: 'rejected',
    ...(named.success && { configVersion: named.data }),
    fault: { type, message },
  });
  if (typeof payload !== 'object' || payload === null) {
    return reject('unparsable_configuration', 'the configuration is not a JSON object');
  }
  const version = at(payload, 'version');
  if (version !== supportedVersion && (typeof version === 'number' || version === undefined)) {
    return reject(
      'unsupported_payload_version',
      `received payload version ${version ?? 'none'}; supported: ${supportedVersion}`,
    );
  }
  const parsed = nodeConfigurationPayloadSchema.safeParse(payload);
  if (!parsed.success) return reject('invalid_configuration', faultsOf(parsed.error));
  const config = parsed.data;
  if (config.node_slug !== context.slug) {
    return reject('wrong_node_slug', `the configuration is not for node ${context.slug}`);
  }
  if (context.lastApplied !== undefined && config.config_version < context.lastApplied) {
    return reject(
      'stale_config_version',
      `version ${config.config_version} is older than ${context.lastApplied}, which this node applied before`,
    );
  }
  return { outcome: 'accepted', config };
}

/**
 * Whether the configuration orders an inference container.
 * See docs/reference/nodes.md#configuration.
 */
export function ordersInference(config: NodeConfigurationPayload): boolean {
  return config.inference_backend !== undefined && config.inference_backend.enabled !== false;
}
