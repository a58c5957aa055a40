import {
  type ModelAvailability,
  type ReadinessReason,
  pinnedModelKey,
} from '@cynodeai/contracts/common';
import {
  type NodeFacts,
  isDispatchable,
  isInferenceCapable,
  isServiceDown,
} from '../dispatch/node-facts.ts';
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
  fixed_model_unset: `set ${pinnedModelKey}, or selection.mode to auto_sliding_scale`,
  cloud_model: `set ${pinnedModelKey} to a model that runs on the node: one that ends in cloud has every prompt sent to the maker of the service`,
  model_service_down: 'start the model service of the node; it is used again by itself',
  no_model_available:
    'make a model that writes text available on the node, with cynode model pull or, on the node itself, ollama pull; it is used by itself',
};
const fixUnknown = 'wait a moment; if it stays, see the log of the control-plane';

/** What gets the model that is wanted, or another one in its place. */
function fixFor(why: string, wanted: string, isPinned: boolean): string | undefined {
  const pull = `cynode model pull ${wanted} (on the node itself: ollama pull ${wanted})`;
  const other = isPinned
    ? '; or use another one with: cynode model use NAME'
    : '; any other model of the node that writes text is used by itself';
  switch (why) {
    case 'download_not_approved':
      return `agree to the download with: ${pull}; or let nodes download by themselves with: cynork settings set --key models.download.require_user_approval --value false${isPinned ? other : ''}`;
    case 'model_deleted':
      return `bring it back with: ${pull}${other}`;
    case 'no_model_available':
      return `it is tried again by itself; see what fails with: ${pull}${other}`;
    default:
      return undefined;
  }
}

/** What the codes mean, where a person should read more than the code. */
function meaningOf(why: string, wanted: string): string {
  switch (why) {
    case 'download_not_approved':
      return `no model that can answer is there, and ${wanted} is not downloaded unasked (${why})`;
    case 'model_deleted':
      return `${wanted} was deleted (${why})`;
    default:
      return `${why}: ${wanted}`;
  }
}

function notSelected(selection: PmModelState | undefined): ReadinessReason {
  const prefix = 'failed:';
  const code = selection?.reasons.findLast((reason) => reason.startsWith(prefix));
  const why = code?.slice(prefix.length) ?? 'the selection has not run yet';
  const error = selection?.error === undefined ? '' : ` (${selection.error})`;
  const wanted = selection?.wanted;
  const isPinned = selection?.reasons.some((one) => /^(?:pinned|fixed)_model$/.test(one)) === true;
  const meaning = wanted === undefined ? why : meaningOf(why, wanted);
  const fix = wanted === undefined ? undefined : fixFor(why, wanted, isPinned);
  return {
    code: 'pm_model_not_selected',
    message: `no Project Manager model selected: ${meaning}${error}`,
    action: fix ?? fixes[why] ?? fixUnknown,
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
    action: 'wait until the node has loaded it; scripts and commands run meanwhile',
  };
}

function unavailable(place: string, why: string, fix: string): ReadinessReason {
  return {
    code: 'pm_model_unavailable',
    message: `Project Manager model unavailable: ${place}: ${why}`,
    action: `${fix}; another model is selected by itself where there is one`,
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
    return unavailable(
      place,
      'the node cannot be reached or takes no work',
      'bring the node back (cynork nodes list shows it)',
    );
  }
  if (isServiceDown(node)) {
    return unavailable(place, 'its model service does not answer', 'start the service');
  }
  if (availability === 'available') return undefined;
  const isOnItsWay = selection.status === 'loading' || selection.status === 'selected';
  if (isOnItsWay && (availability === 'loading' || availability === undefined)) {
    return loading(selection, place);
  }
  if (availability === 'loading') return loading(selection, place);
  const why = availability === 'failed' ? 'it failed to load' : 'it is gone';
  return unavailable(place, why, 'see what is there with: cynode model list');
}
