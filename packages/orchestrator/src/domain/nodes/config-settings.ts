import {
  type InferencePolicy,
  type InferenceVariant,
  defaultInferencePolicy,
} from './inference-backend.ts';
import type { NodeConstraints } from './config-content.ts';

/** Values of system settings by key; a missing key means its default. */
export type Settings = ReadonlyMap<string, unknown>;

const inferenceKey = 'inference.backend';
const constraintKey = 'nodes.constraints';

/**
 * Settings that shape a node's configuration.
 * See docs/reference/inference.md#who-must-start-a-container and
 * docs/reference/nodes.md#configuration.
 */
export const nodeConfigSettingKeys = [
  `${inferenceKey}.enabled`,
  `${inferenceKey}.images`,
  `${inferenceKey}.allowed_variants`,
  `${inferenceKey}.disabled_nodes`,
  `${constraintKey}.max_request_bytes`,
  `${constraintKey}.max_job_timeout_seconds`,
] as const;

/**
 * Whether a node's configuration may differ once the setting does.
 * See docs/reference/nodes.md#configuration.
 */
export function shapesNodeConfig(key: string): boolean {
  return ['inference.', 'sandbox.', 'sandbox_images.', 'nodes.', 'models.'].some((prefix) =>
    key.startsWith(prefix),
  );
}

/** The setting that caps every job's time limit, in seconds. */
export const maxJobTimeoutKey = `${constraintKey}.max_job_timeout_seconds`;

/**
 * The setting that says after how many seconds of silence a node counts as inactive.
 * See docs/reference/nodes.md#silence.
 */
export const staleSecondsKey = 'nodes.heartbeat.stale_after_seconds';
/** Three missed heartbeats. */
export const defaultStaleSeconds = 180;

const variants: readonly InferenceVariant[] = ['cpu', 'cuda', 'rocm'];

function strings(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
    ? value
    : undefined;
}

function imagesOf(value: unknown): InferencePolicy['images'] {
  if (typeof value !== 'object' || value === null) return defaultInferencePolicy.images;
  return Object.fromEntries(
    variants.flatMap((variant) => {
      const image: unknown = Reflect.get(value, variant);
      return typeof image === 'string' && image !== '' ? [[variant, image]] : [];
    }),
  );
}

/** The inference policy; a setting of a wrong type counts as unset. */
export function inferencePolicyOf(settings: Settings): InferencePolicy {
  const enabled = settings.get(`${inferenceKey}.enabled`);
  const allowed = strings(settings.get(`${inferenceKey}.allowed_variants`));
  return {
    enabled: typeof enabled === 'boolean' ? enabled : defaultInferencePolicy.enabled,
    images: imagesOf(settings.get(`${inferenceKey}.images`)),
    allowedVariants:
      allowed === undefined
        ? defaultInferencePolicy.allowedVariants
        : variants.filter((variant) => allowed.includes(variant)),
    disabledNodes:
      strings(settings.get(`${inferenceKey}.disabled_nodes`)) ??
      defaultInferencePolicy.disabledNodes,
  };
}

/** A setting as a positive whole number; undefined when unset or of another kind. */
export function positiveInteger(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : undefined;
}

/** The operator's limits for every node. */
export function nodeConstraintsOf(settings: Settings): NodeConstraints {
  const maxRequestBytes = positiveInteger(settings.get(`${constraintKey}.max_request_bytes`));
  const maxJobTimeoutSeconds = positiveInteger(settings.get(maxJobTimeoutKey));
  return {
    ...(maxRequestBytes !== undefined && { maxRequestBytes }),
    ...(maxJobTimeoutSeconds !== undefined && { maxJobTimeoutSeconds }),
  };
}
