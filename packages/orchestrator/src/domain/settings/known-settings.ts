import { jobTimeouts, limits } from '@cynodeai/contracts/common';
import { workflowLeaseSeconds } from '@cynodeai/contracts/control-plane';
import { isCloudModel } from '@cynodeai/contracts/model';
import { leaseSettingKeys } from '../leases/lease-times.ts';
import { executionModes, pmModelKeys, selectionModes } from '../models/model-settings.ts';
import { parseTiers } from '../models/model-tiers.ts';
import { maxJobTimeoutKey, staleSecondsKey } from '../nodes/config-settings.ts';
import { promptSettingKeys, promptSettingLimits } from '../prompts/model-limits.ts';
import { maxRetentionDays, retentionKeys } from '../retention/cutoffs.ts';
import { promptsSettingKey, workflowSettingKeys } from '../workflow/workflow-settings.ts';
import { folderSizeKey, folderSizes } from '../tasks/folder.ts';
import {
  type ValueRule,
  aBoolean,
  aText,
  isText,
  oneOf,
  rule,
  someOf,
  texts,
  wholeNumber,
} from './value-rules.ts';

const variants = ['cpu', 'cuda', 'rocm'];
const year = 31_536_000;

const images = rule(
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.entries(value).every(([variant, image]) => variants.includes(variant) && isText(image)),
  'must be an object from cpu, cuda or rocm to an image name',
);

const tiers = rule(
  (value) => parseTiers(value) !== undefined,
  'must be an array of {min_vram_mb, models: [name, …]} with at least one tier and one model in each',
);

const registries = rule(
  (value) =>
    Array.isArray(value) &&
    value.every(
      (item: unknown) =>
        typeof item === 'object' && item !== null && isText(Reflect.get(item, 'url')),
    ),
  'must be an array of {url, credentials_env?}',
);

const noCloud = rule(
  (value) => isText(value) && !isCloudModel(value),
  'must name a model that runs on a node; one that ends in cloud is asked elsewhere',
);
const localModel: ValueRule = (value) => aText(value) ?? noCloud(value);

/** What the settings this product reads must be; of other keys nothing is known and everything is kept. */
const rules: Readonly<Record<string, ValueRule>> = {
  [pmModelKeys.executionMode]: oneOf(executionModes),
  [pmModelKeys.mode]: oneOf(selectionModes),
  [pmModelKeys.preferHost]: aBoolean,
  [pmModelKeys.tiers]: tiers,
  [pmModelKeys.pinned]: localModel,
  [pmModelKeys.loadTimeout]: wholeNumber(1, year),
  [pmModelKeys.needsApproval]: aBoolean,
  'agents.project_manager.model_routing.fallback_provider_order': texts,
  'agents.project_manager.sandbox.allow_add_to_allowed_images': aBoolean,
  'model_routing.fallback_provider_order': texts,
  'inference.backend.enabled': aBoolean,
  'inference.backend.images': images,
  'inference.backend.allowed_variants': someOf(variants),
  'inference.backend.disabled_nodes': texts,
  [promptSettingKeys.loadSeconds]: wholeNumber(1, promptSettingLimits.seconds),
  [promptSettingKeys.silenceSeconds]: wholeNumber(1, promptSettingLimits.seconds),
  [promptSettingKeys.totalSeconds]: wholeNumber(1, promptSettingLimits.seconds),
  [promptSettingKeys.atOnce]: wholeNumber(1, promptSettingLimits.atOnce),
  [leaseSettingKeys.ttlSeconds]: wholeNumber(1, 3600),
  [leaseSettingKeys.maxAttempts]: wholeNumber(1, 100),
  [leaseSettingKeys.maxRefusals]: wholeNumber(1, 1000),
  [promptsSettingKey]: aBoolean,
  [workflowSettingKeys.maxJobs]: wholeNumber(1, 1000),
  'workflow.max_steps': wholeNumber(1, 100),
  'workflow.max_attempts_per_step': wholeNumber(1, 20),
  'workflow.inference_wait_seconds': wholeNumber(1, year),
  'agents.project_analyst.enabled': aBoolean,
  'agents.project_analyst.max_concurrent': wholeNumber(1, 100),
  [workflowSettingKeys.ttlSeconds]: wholeNumber(workflowLeaseSeconds.min, workflowLeaseSeconds.max),
  [workflowSettingKeys.sweepSeconds]: wholeNumber(1, 3600),
  [workflowSettingKeys.maxWallSeconds]: wholeNumber(60, year),
  [staleSecondsKey]: wholeNumber(1, year),
  'nodes.constraints.max_request_bytes': wholeNumber(limits.requestBodyBytes, 1024 ** 3),
  [maxJobTimeoutKey]: wholeNumber(1, jobTimeouts.maxSeconds),
  'models.cache.max_bytes': wholeNumber(0, Number.MAX_SAFE_INTEGER),
  'models.cache.evict_policy': aText,
  'models.download.allowed_sources': texts,
  'models.nodes.prefer_local_cache': aBoolean,
  [retentionKeys.audit]: wholeNumber(0, maxRetentionDays),
  [retentionKeys.events]: wholeNumber(0, maxRetentionDays),
  [retentionKeys.tasks]: wholeNumber(0, maxRetentionDays),
  [retentionKeys.folders]: wholeNumber(0, maxRetentionDays),
  [folderSizeKey]: wholeNumber(1, folderSizes.maxMib),
  'sandbox.default_image': aText,
  'sandbox.agent_image': aText,
  'sandbox_images.registries': registries,
  'sandbox_images.registry.mode': aText,
  'sandbox_images.nodes.prefer_cached_images': aBoolean,
  'sandbox_images.allow_public_internet': aBoolean,
  'sandbox_images.require_digest_pinning': aBoolean,
};

/**
 * What is wrong with a value of a known key; undefined when nothing is, or when the key is not
 * known. See docs/reference/settings.md#system-settings.
 */
export function faultOfValue(key: string, value: unknown): string | undefined {
  return Object.hasOwn(rules, key) ? rules[key]?.(value) : undefined;
}
