import { pinnedModelKey } from '@cynodeai/contracts/common';
import { type Settings, positiveInteger } from '../nodes/config-settings.ts';
import { type ModelTier, defaultTiers, parseTiers } from './model-tiers.ts';

const prefix = 'agents.project_manager.model';

/**
 * Settings that choose the Project Manager's model.
 * See docs/reference/inference.md#project-manager-model and
 * docs/reference/settings.md#system-settings.
 */
export const pmModelKeys = {
  executionMode: `${prefix}.selection.execution_mode`,
  mode: `${prefix}.selection.mode`,
  preferHost: `${prefix}.selection.prefer_orchestrator_host`,
  tiers: `${prefix}.selection.tiers`,
  pinned: pinnedModelKey,
  loadTimeout: 'models.load_timeout_seconds',
  needsApproval: 'models.download.require_user_approval',
} as const;

export const executionModes = ['auto', 'force_local', 'force_external'] as const;
export const selectionModes = ['auto_sliding_scale', 'fixed_model'] as const;

/** The operator's wishes; what is unset has its default. */
export interface PmModelSettings {
  readonly executionMode: (typeof executionModes)[number];
  readonly mode: (typeof selectionModes)[number];
  readonly preferOrchestratorHost: boolean;
  /** The local model whatever the tier; undefined = by tier. */
  readonly pinned: string | undefined;
  /** Greatest video memory first. */
  readonly tiers: readonly ModelTier[];
  /** Nodes may fetch models that are missing without anybody being asked. */
  readonly downloadsApproved: boolean;
}

const defaultLoadSeconds = 1800;

function oneOf<T extends string>(values: readonly T[], value: unknown): T | undefined {
  return values.find((candidate) => candidate === value);
}

/**
 * A setting of a wrong type or range counts as unset.
 * See docs/reference/inference.md#project-manager-model.
 */
export function pmModelSettingsOf(settings: Settings): PmModelSettings {
  const preferHost = settings.get(pmModelKeys.preferHost);
  const pinned = settings.get(pmModelKeys.pinned);
  return {
    executionMode: oneOf(executionModes, settings.get(pmModelKeys.executionMode)) ?? 'auto',
    mode: oneOf(selectionModes, settings.get(pmModelKeys.mode)) ?? 'auto_sliding_scale',
    preferOrchestratorHost: typeof preferHost === 'boolean' ? preferHost : true,
    pinned: typeof pinned === 'string' && pinned.trim() !== '' ? pinned.trim() : undefined,
    tiers: parseTiers(settings.get(pmModelKeys.tiers)) ?? defaultTiers,
    downloadsApproved: settings.get(pmModelKeys.needsApproval) === false,
  };
}

/** How long a model may take to become available, ms. See docs/reference/inference.md#loading. */
export function loadTimeoutMsOf(settings: Settings): number {
  return (positiveInteger(settings.get(pmModelKeys.loadTimeout)) ?? defaultLoadSeconds) * 1000;
}
