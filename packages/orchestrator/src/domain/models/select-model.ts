import { isCloudModel } from '@cynodeai/contracts/common';
import { isPaused } from './load-backoff.ts';
import { canAnswer, fits } from './model-facts.ts';
import { type ModelNode, modelOn } from './model-node.ts';
import type { PmModelSettings } from './model-settings.ts';
import { tierFor } from './model-tiers.ts';
import { orderNodes } from './order-nodes.ts';

export interface SelectionInputs {
  readonly settings: PmModelSettings;
  /** Dispatchable, inference-capable nodes. */
  readonly candidates: readonly ModelNode[];
  /** The stand-in of an install without a model; undefined = not enabled. */
  readonly demoModel: string | undefined;
  readonly now: Date;
}

/** What the rules lead to, with the ordered codes of how. */
export type Selection =
  | {
      readonly kind: 'local';
      readonly node: ModelNode;
      readonly modelRef: string;
      /** It is there already; otherwise it must be loaded. */
      readonly available: boolean;
      readonly reasons: readonly string[];
    }
  | {
      readonly kind: 'none';
      readonly reasons: readonly string[];
      /** The model that somebody could get there, where one is wanted. */
      readonly wanted?: string;
    };

/** Why nothing could be selected: the rest of a `failed:` reason code. */
const noPath = 'no_inference_path';
const noLocal = 'no_local_candidates';
const noExternal = 'external_not_configured';
const noModel = 'no_model_available';
/** A model of its service's maker: nothing local. */
const cloudModel = 'cloud_model';
const fixedUnset = 'fixed_model_unset';
const serviceDown = 'model_service_down';
/** Gigabytes come only when somebody agreed. */
const notApproved = 'download_not_approved';
/** What a person took away does not come back by itself. */
const deleted = 'model_deleted';

type Failure = Extract<Selection, { kind: 'none' }>;

function failed(reasons: readonly string[], why: string, wanted?: string): Failure {
  return {
    kind: 'none',
    reasons: [...reasons, `failed:${why}`],
    ...(wanted !== undefined && { wanted }),
  };
}

/** Step 5: the models to try on a node, in order; a pinned one has no fallback. */
function modelsFor(
  node: ModelNode,
  settings: PmModelSettings,
): { readonly reason: string; readonly models: readonly string[] } {
  if (settings.pinned !== undefined) {
    const reason = settings.mode === 'fixed_model' ? 'fixed_model' : 'pinned_model';
    return { reason, models: [settings.pinned] };
  }
  const tier = tierFor(settings.tiers, node.vramTotalMb);
  return { reason: `tier_${tier?.minVramMb ?? 0}`, models: tier?.models ?? [] };
}

/** Whatever else the node has and can answer with, the largest first. */
function otherModel(node: ModelNode): string | undefined {
  const sizeOf = (ref: string): number => node.facts?.get(ref)?.sizeBytes ?? 0;
  return [...node.models]
    .filter(([, model]) => model.status === 'available')
    .map(([ref]) => ref)
    .filter((ref) => canAnswer(ref, node.facts?.get(ref)))
    .filter((ref) => fits(node.facts?.get(ref), node.memoryMb))
    .toSorted((a, b) => sizeOf(b) - sizeOf(a) || (a < b ? -1 : 1))[0];
}

/** Why a model of a list is passed over; undefined when it may be loaded. A failed one rests, a deleted one stays away. */
function obstacleOf(node: ModelNode, ref: string, now: Date): 'failed' | 'deleted' | undefined {
  const known = modelOn(node, ref);
  if (isCloudModel(ref) || (known !== undefined && isPaused(known, node, now))) return 'failed';
  return known?.status === 'evicted' ? 'deleted' : undefined;
}

/** Step 5, once nothing that is there can answer: a load by request, where somebody agreed to it. */
function loadOne(
  node: ModelNode,
  models: readonly string[],
  { settings, now }: SelectionInputs,
  path: readonly string[],
): Selection {
  const modelRef = models.find((ref) => obstacleOf(node, ref, now) === undefined);
  if (modelRef === undefined) {
    const gone = models.find((ref) => obstacleOf(node, ref, now) === 'deleted');
    const wanted = gone ?? models.find((ref) => !isCloudModel(ref));
    return failed(path, gone === undefined ? noModel : deleted, wanted);
  }
  // One that is on its way already was agreed to.
  const isComing = modelOn(node, modelRef)?.status === 'loading';
  if (!settings.downloadsApproved && !isComing) return failed(path, notApproved, modelRef);
  return { kind: 'local', node, modelRef, available: false, reasons: [...path, 'load_requested'] };
}

/** Step 5 on one node. */
function chooseModel(
  node: ModelNode,
  inputs: SelectionInputs,
  reasons: readonly string[],
): Selection {
  const { settings, demoModel, now } = inputs;
  if (node.isDown === true) return failed(reasons, serviceDown);
  const { reason, models } = modelsFor(node, settings);
  const isPinned = settings.pinned !== undefined;
  if (isPinned && models.some(isCloudModel)) return failed([...reasons, reason], cloudModel);
  const isThere = (ref: string): boolean =>
    !isCloudModel(ref) && modelOn(node, ref)?.status === 'available';
  const favourite = models.find(isThere);
  /** The way so far, with what was passed over before that model of the list. */
  const pathTo = (ref: string | undefined): readonly string[] => {
    const before = ref === undefined ? models : models.slice(0, models.indexOf(ref));
    const passed = before.flatMap((one) => {
      const obstacle = obstacleOf(node, one, now);
      return obstacle === undefined ? [] : [`candidate_${obstacle}:${one}`];
    });
    return [...reasons, reason, ...passed];
  };
  const take = (modelRef: string, path: readonly string[], how: string): Selection => {
    return { kind: 'local', node, modelRef, available: true, reasons: [...path, how] };
  };
  if (favourite !== undefined) return take(favourite, pathTo(favourite), 'already_available');
  const loadable = models.find((ref) => obstacleOf(node, ref, now) === undefined);
  const path = pathTo(loadable);
  if (isPinned) return loadOne(node, models, inputs, path);
  const other = otherModel(node);
  if (other !== undefined) return take(other, path, 'available_model');
  if (demoModel !== undefined && isThere(demoModel)) {
    return take(demoModel, path, 'already_available');
  }
  return loadOne(node, models, inputs, path);
}

/**
 * Which model the Project Manager uses, by fixed rules; no clock but the given moment, no
 * randomness. There is no external path yet, so that every rule that would take it fails.
 * See docs/reference/inference.md#project-manager-model (REQ-ORCHES-0116, REQ-MODELS-0004).
 */
export function selectModel(inputs: SelectionInputs): Selection {
  const { settings, candidates } = inputs;
  const { executionMode } = settings;
  if (executionMode === 'force_external') return failed(['force_external'], noExternal);
  const forced = executionMode === 'force_local';
  if (candidates.length === 0) {
    return forced ? failed(['force_local', noLocal], noLocal) : failed([noLocal], noPath);
  }
  const { nodes, reasons } = orderNodes(candidates, settings.preferOrchestratorHost);
  const path = [forced ? 'force_local' : 'auto_local', ...reasons];
  if (settings.mode === 'fixed_model' && settings.pinned === undefined) {
    return failed(path, fixedUnset);
  }
  const choices = nodes.map((node, index) =>
    chooseModel(node, inputs, index === 0 ? path : [...path, 'next_node']),
  );
  // What keeps the first node from it is what can be mended soonest, unless its service is just away.
  const failures = choices.filter((choice) => choice.kind === 'none');
  return (
    choices.find((choice) => choice.kind === 'local') ??
    failures.find((choice) => choice.wanted !== undefined) ??
    failures[0] ??
    failed(path, noLocal)
  );
}
