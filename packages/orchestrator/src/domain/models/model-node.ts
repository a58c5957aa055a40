import type { ModelAvailability } from '@cynodeai/contracts/common';
import { canonicalModel } from '@cynodeai/contracts/model';
import { at } from '@cynodeai/runtime/std';
import type { ModelFacts } from './model-facts.ts';

/** What is known of one model on one node. */
export interface NodeModel {
  readonly status: ModelAvailability;
  /** Failed loads in a row. */
  readonly attempts: number;
  /** Before this moment a failed model is not asked for again; undefined when nobody noted the failure yet. */
  readonly retryAt: Date | undefined;
  /** What the node had reported when the load failed; a changed report lifts the pause. */
  readonly failedUnder: string | undefined;
  /** When the load under way was requested; undefined when it was not requested from here. */
  readonly loadingSince: Date | undefined;
  /** Why it failed, in the node's words. */
  readonly error: string | undefined;
}

/**
 * A node that may hold the Project Manager's model: dispatchable and inference-capable.
 * See docs/reference/inference.md#project-manager-model.
 */
export interface ModelNode {
  readonly nodeId: string;
  readonly slug: string;
  readonly isOrchestratorHost: boolean;
  readonly vramTotalMb: number;
  /** Stands for what the node reported about itself, without what moves by itself. */
  readonly reportKey: string;
  /** By name with tag. */
  readonly models: ReadonlyMap<string, NodeModel>;
  /** What its report says of them, by the same name. */
  readonly facts?: ReadonlyMap<string, ModelFacts>;
  /** Memory for a model, MiB; absent when nothing is known of the machine that computes. */
  readonly memoryMb?: number | undefined;
  /** Its model service does not answer. */
  readonly isDown?: boolean;
}

/** What is known of a model on a node; undefined = never heard of. */
export function modelOn(node: ModelNode | undefined, modelRef: string): NodeModel | undefined {
  return node?.models.get(canonicalModel(modelRef));
}

function devicesOf(report: unknown): readonly unknown[] {
  const devices = at(report, 'gpu', 'devices');
  return Array.isArray(devices) ? devices : [];
}

/**
 * Sum of the `vram_mb` that devices name; 0 when none does.
 * See docs/reference/inference.md#project-manager-model.
 */
export function vramTotalMb(report: unknown): number {
  return devicesOf(report)
    .map((device) => at(device, 'vram_mb'))
    .filter((vram) => typeof vram === 'number')
    .reduce((sum, vram) => sum + vram, 0);
}

function without(value: unknown, names: readonly string[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)));
}

/**
 * A report without what moves by itself: times, free memory and disk, and models that are not available. A load that
 * fails shows in the next report; were that a change, it would lift its own pause.
 */
export function steadyReport(report: unknown): unknown {
  const inference = at(report, 'inference');
  const models = at(inference, 'models');
  return {
    ...without(report, ['reported_at', 'compute', 'gpu', 'inference']),
    compute: without(at(report, 'compute'), ['ram_available_mb', 'storage_free_mb']),
    gpu: devicesOf(report).map((device) => without(device, ['available_vram_mb'])),
    inference: {
      ...without(inference, ['models']),
      models: (Array.isArray(models) ? models : [])
        .filter((model) => at(model, 'status') === 'available')
        .map((model) => String(at(model, 'model_ref')))
        .toSorted(),
    },
  };
}
