import type { ModelAvailability } from '@cynodeai/contracts/common';
import type { ReadinessReason } from '@cynodeai/contracts/common';
import { type NodeFacts, isDispatchable, isInferenceCapable } from '../dispatch/node-facts.ts';
import type { PmModelState } from '../models/pm-model-state.ts';

/** What readiness knows of the Project Manager's model: what is stored, not what its manager is about to store. */
export interface PmModelFacts {
  /** Undefined while no selection was ever made. */
  readonly selection: PmModelState | undefined;
  /** What the selected node last said of the selected model; undefined when it never spoke of it. */
  readonly availability: ModelAvailability | undefined;
}

/** Work may be sent to the node, and it can run a model. */
export function canServe(node: NodeFacts): boolean {
  return isDispatchable(node) && isInferenceCapable(node);
}

const fixes: Readonly<Record<string, string>> = {
  no_inference_path: 'register and configure a node that can run a model',
  no_local_candidates:
    'register a node that can run a model, or set agents.project_manager.model.selection.execution_mode to auto',
  external_not_configured:
    'set agents.project_manager.model.selection.execution_mode to auto or force_local: external models are not built in yet',
  fixed_model_unset:
    'set agents.project_manager.model.local_default_ollama_model, or selection.mode to auto_sliding_scale',
  cloud_model:
    'set agents.project_manager.model.local_default_ollama_model to a model that runs on the node: one that ends in cloud has every prompt sent to the maker of the service',
  no_model_available:
    'make a model available on the node (for example: ollama pull qwen3.5:0.8b), or pin one with agents.project_manager.model.local_default_ollama_model; it is tried again by itself',
};
const fixUnknown = 'wait a moment; if it stays, see the log of the control-plane';

function notSelected(selection: PmModelState | undefined): ReadinessReason {
  const prefix = 'failed:';
  const code = selection?.reasons.findLast((reason) => reason.startsWith(prefix));
  const why = code?.slice(prefix.length) ?? 'the selection has not run yet';
  const error = selection?.error === undefined ? '' : ` (${selection.error})`;
  return {
    code: 'pm_model_not_selected',
    message: `no Project Manager model selected: ${why}${error}`,
    action: fixes[why] ?? fixUnknown,
  };
}

function loading(selection: PmModelState, place: string): ReadinessReason {
  const { progress } = selection;
  const share =
    progress === undefined || progress.totalBytes === 0
      ? ''
      : ` (${Math.floor((100 * progress.completedBytes) / progress.totalBytes)} %)`;
  return {
    code: 'pm_model_loading',
    message: `Project Manager model loading: ${place}${share}`,
    action: 'wait until the node has loaded it; tasks in raw modes run meanwhile',
  };
}

function unavailable(place: string, why: string): ReadinessReason {
  return {
    code: 'pm_model_unavailable',
    message: `Project Manager model unavailable: ${place}: ${why}`,
    action: 'bring the node back; another model is selected by itself where there is one',
  };
}

/**
 * Why the Project Manager's model cannot be used now; undefined when it can.
 * See docs/reference/processes.md#readiness (REQ-MODELS-0003).
 */
export function judgePmModel(
  { selection, availability }: PmModelFacts,
  nodes: readonly NodeFacts[],
): ReadinessReason | undefined {
  if (selection?.modelRef === undefined || selection.nodeSlug === undefined) {
    return notSelected(selection);
  }
  const place = `${selection.modelRef} on node ${selection.nodeSlug}`;
  const node = nodes.find(({ slug }) => slug === selection.nodeSlug);
  if (node === undefined || !canServe(node)) {
    return unavailable(place, 'the node cannot be reached or takes no work');
  }
  if (availability === 'available') return undefined;
  const isOnItsWay = selection.status === 'loading' || selection.status === 'selected';
  if (isOnItsWay && (availability === 'loading' || availability === undefined)) {
    return loading(selection, place);
  }
  if (availability === 'loading') return loading(selection, place);
  return unavailable(place, availability === 'failed' ? 'it failed to load' : 'it is gone');
}
