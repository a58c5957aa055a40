import { canonicalModel, isCloudModel } from '@cynodeai/contracts/model';
import { isPaused } from './load-backoff.ts';
import type { ModelNode } from './model-node.ts';
import type { PmModelSettings } from './model-settings.ts';
import { tierFor } from './model-tiers.ts';

export interface SelectionInputs {
  readonly settings: PmModelSettings;
  /** Dispatchable, inference-capable nodes. */
  readonly candidates: readonly ModelNode[];
  /** The stand-in of an install without a model, last in every tier; undefined = not enabled. */
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
  | { readonly kind: 'none'; readonly reasons: readonly string[] };

/** Why nothing could be selected: the rest of a `failed:` reason code. */
const noPath = 'no_inference_path';
const noLocal = 'no_local_candidates';
const noExternal = 'external_not_configured';
const noModel = 'no_model_available';
/** A model of its service's maker: nothing local. */
const cloudModel = 'cloud_model';
const fixedUnset = 'fixed_model_unset';

function failed(reasons: readonly string[], why: string): Selection {
  return { kind: 'none', reasons: [...reasons, `failed:${why}`] };
}

/** Slugs are ASCII, so that this is byte order. */
function bySlug(a: ModelNode, b: ModelNode): number {
  return a.slug < b.slug ? -1 : 1;
}

function firstBySlug(
  nodes: readonly ModelNode[],
  code: string,
): { readonly node: ModelNode | undefined; readonly reasons: readonly string[] } {
  return {
    node: nodes.toSorted(bySlug)[0],
    reasons: nodes.length > 1 ? [code, 'tie_node_slug'] : [code],
  };
}

/** Step 4: the orchestrator's host whatever its memory, else the most memory. */
function chooseNode(
  candidates: readonly ModelNode[],
  preferHost: boolean,
): ReturnType<typeof firstBySlug> {
  const hosts = preferHost ? candidates.filter((node) => node.isOrchestratorHost) : [];
  if (hosts.length > 0) return firstBySlug(hosts, 'prefer_orchestrator_host');
  const most = Math.max(...candidates.map((node) => node.vramTotalMb));
  return firstBySlug(
    candidates.filter((node) => node.vramTotalMb === most),
    'largest_vram',
  );
}

/** Step 5: the models to try on a node, in order; a pinned one has no fallback. */
function modelsFor(
  node: ModelNode,
  { settings, demoModel }: SelectionInputs,
): { readonly reason: string; readonly models: readonly string[] } {
  if (settings.pinned !== undefined) {
    const reason = settings.mode === 'fixed_model' ? 'fixed_model' : 'pinned_model';
    return { reason, models: [settings.pinned] };
  }
  const tier = tierFor(settings.tiers, node.vramTotalMb);
  return {
    reason: `tier_${tier?.minVramMb ?? 0}`,
    models: [...(tier?.models ?? []), ...(demoModel === undefined ? [] : [demoModel])],
  };
}

function chooseModel(
  node: ModelNode,
  inputs: SelectionInputs,
  reasons: readonly string[],
): Selection {
  const { reason, models } = modelsFor(node, inputs);
  const path = [...reasons, reason];
  for (const modelRef of models) {
    if (isCloudModel(modelRef)) {
      if (models.length === 1) return failed(path, cloudModel);
      path.push(`candidate_failed:${modelRef}`);
      continue;
    }
    const known = node.models.get(canonicalModel(modelRef));
    if (known !== undefined && isPaused(known, node, inputs.now)) {
      path.push(`candidate_failed:${modelRef}`);
      continue;
    }
    const available = known?.status === 'available';
    const how = available ? 'already_available' : 'load_requested';
    return { kind: 'local', node, modelRef, available, reasons: [...path, how] };
  }
  return failed(path, noModel);
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
  const { node, reasons } = chooseNode(candidates, settings.preferOrchestratorHost);
  const path = [forced ? 'force_local' : 'auto_local', ...reasons];
  if (node === undefined) return failed(path, noLocal);
  if (settings.mode === 'fixed_model' && settings.pinned === undefined) {
    return failed(path, fixedUnset);
  }
  return chooseModel(node, inputs, path);
}
