import {
  type NodeFacts,
  isDispatchable,
  isInferenceCapable,
  isServiceDown,
} from '../dispatch/node-facts.ts';
import { compareSlugs } from '../nodes/node.ts';

/** The Project Manager model as far as prompts need it. */
export interface SelectedModel {
  readonly modelRef: string;
  /** Node that holds it; absent when it is reached outside. */
  readonly nodeSlug?: string;
  readonly status: 'selected' | 'loading' | 'available' | 'failed';
  readonly executionMode: 'local' | 'external';
}

/**
 * Why prompts stay queued; words of `tasks.metadata.waiting_reason` and of readiness.
 * See docs/reference/processes.md#readiness.
 */
export type PromptWaitingReason =
  | 'no_inference_path'
  | 'pm_model_not_selected'
  | 'pm_model_loading'
  | 'pm_model_unavailable'
  /** No node's service answers; or it, or the way to it, did not take the last call and is asked again in a moment. */
  | 'model_service_down'
  | 'model_service_busy'
  /** It answers as many prompts as it takes at once; the others follow in turn. */
  | 'model_answers_others';

/** How a prompt reaches a model. */
export type PromptPath =
  /** The configured URL of a model service. */
  | { readonly kind: 'direct_url'; readonly model: string; readonly reasons: readonly string[] }
  /** A node's authenticated inference relay. */
  | {
      readonly kind: 'node_relay';
      readonly model: string;
      readonly node: NodeFacts;
      /** Another node could be asked as well. */
      readonly hasOther: boolean;
      readonly reasons: readonly string[];
    }
  | { readonly kind: 'waiting'; readonly reason: PromptWaitingReason };

export interface PathFacts {
  /** A model service is configured for this process. */
  readonly hasUrl: boolean;
  /** `INFERENCE_MODEL`: what a configured service is asked for while no local model is selected. */
  readonly defaultModel: string;
  readonly selected: SelectedModel | undefined;
  readonly nodes: readonly NodeFacts[];
}

const localModelOr = <T>(selected: SelectedModel | undefined, usual: T): string | T =>
  selected?.executionMode === 'local' ? selected.modelRef : usual;

/** The model that prompts are sent to, once there is a way; undefined while none is selected and nobody named one. */
export function askedModel({
  hasUrl,
  defaultModel,
  selected,
}: Omit<PathFacts, 'nodes'>): string | undefined {
  return localModelOr(selected, hasUrl ? defaultModel : undefined);
}

function waitingReason(selected: SelectedModel | undefined): PromptWaitingReason | undefined {
  if (selected?.executionMode !== 'local') return 'pm_model_not_selected';
  switch (selected.status) {
    case 'available':
      return undefined;
    case 'failed':
      return 'pm_model_unavailable';
    case 'selected':
    case 'loading':
      return 'pm_model_loading';
  }
}

function byPreferredThenSlug(preferred: string | undefined) {
  const rank = (node: NodeFacts): number => (node.slug === preferred ? 0 : 1);
  return (a: NodeFacts, b: NodeFacts): number => rank(a) - rank(b) || compareSlugs(a.slug, b.slug);
}

/**
 * Chooses how prompts reach a model now. A configured URL is used whatever the nodes say. Without one the relay of
 * the model's node is taken, else that of another inference-capable node.
 *
 * A prompt that has neither URL nor relay is not sent to a sandbox at once: the sandbox's program
 * needs the very node that would offer the relay, so without one, or before its model is there,
 * nobody could answer and failing would only lose the prompt. It waits, and the task says for what.
 */
export function choosePath({ hasUrl, defaultModel, selected, nodes }: PathFacts): PromptPath {
  const local = selected?.executionMode === 'local' ? selected : undefined;
  if (hasUrl) {
    const model = localModelOr(selected, defaultModel);
    const reasons = ['configured_url', local ? 'pm_model' : 'default_model'];
    return { kind: 'direct_url', model, reasons };
  }
  const capable = nodes.filter((one) => isDispatchable(one) && isInferenceCapable(one));
  const [node, other] = capable
    .filter((one) => !isServiceDown(one))
    .toSorted(byPreferredThenSlug(local?.nodeSlug));
  if (node === undefined) {
    const reason = capable.length > 0 ? 'model_service_down' : 'no_inference_path';
    return { kind: 'waiting', reason };
  }
  const reason = waitingReason(selected);
  if (reason !== undefined || local === undefined) {
    return { kind: 'waiting', reason: reason ?? 'pm_model_not_selected' };
  }
  const reasons = [node.slug === local.nodeSlug ? 'pm_model_node' : 'other_inference_node'];
  return {
    kind: 'node_relay',
    model: local.modelRef,
    node,
    hasOther: other !== undefined,
    reasons,
  };
}
