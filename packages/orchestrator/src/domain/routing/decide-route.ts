import type { AgentCall } from '@cynodeai/contracts/control-plane';
import {
  type NodeFacts,
  isDispatchable,
  isInferenceCapable,
  isServiceDown,
} from '../dispatch/node-facts.ts';
import {
  type PromptPath,
  type PromptWaitingReason,
  type SelectedModel,
  choosePath,
} from '../prompts/choose-path.ts';
import type { RoutingSettings } from './routing-settings.ts';

/** For whom and for what a model is asked. */
export type RoutingRequest = AgentCall['routing'];

/** The model that a caller demands; undefined when the selected one will do. */
export function demandedModel({ required, override }: RoutingRequest): string | undefined {
  return override?.model ?? required?.model_ref;
}

/** Why a call goes nowhere that waiting would not change. */
export type RoutingRefusal = 'external_override_denied' | 'force_mode_unsatisfied';

/** What was looked at; codes in a fixed order. */
interface ConsideredNode {
  readonly node_slug: string;
  readonly eligible: boolean;
  readonly reasons: readonly NodeExclusion[];
}

type NodeExclusion =
  | 'not_dispatchable'
  | 'inference_unavailable'
  | 'model_unavailable'
  /** It failed this very call already. */
  | 'local_attempt_failed';

export interface RoutingFacts {
  /** A model service is configured for this process. */
  readonly hasUrl: boolean;
  readonly defaultModel: string;
  readonly selected: SelectedModel | undefined;
  readonly nodes: readonly NodeFacts[];
  /** Ids of the nodes that hold the demanded model; undefined when none is demanded. */
  readonly holders: ReadonlySet<string> | undefined;
  /** Ids of nodes that failed this call. */
  readonly failed: ReadonlySet<string>;
  readonly settings: RoutingSettings;
}

interface Judged {
  /** First the one that decided. */
  readonly reasons: readonly [string, ...string[]];
  readonly considered: {
    readonly local: readonly ConsideredNode[];
    readonly external: readonly [];
  };
}

export type RoutingDecision = Judged &
  (
    | { readonly outcome: 'local'; readonly path: Exclude<PromptPath, { kind: 'waiting' }> }
    /** Asking again later may help. */
    | { readonly outcome: 'waiting'; readonly waitingFor: PromptWaitingReason }
    | { readonly outcome: 'refused'; readonly refusal: RoutingRefusal }
  );

function consider(node: NodeFacts, { holders, failed }: RoutingFacts): ConsideredNode {
  const reasons: NodeExclusion[] = [];
  if (!isDispatchable(node)) reasons.push('not_dispatchable');
  if (!isInferenceCapable(node) || isServiceDown(node)) reasons.push('inference_unavailable');
  if (holders !== undefined && !holders.has(node.nodeId)) reasons.push('model_unavailable');
  if (failed.has(node.nodeId)) reasons.push('local_attempt_failed');
  return { node_slug: node.slug, eligible: reasons.length === 0, reasons };
}

function refusalOf(
  { agent, override }: RoutingRequest,
  { settings }: RoutingFacts,
): RoutingRefusal | undefined {
  if (override?.target === 'external' || override?.provider !== undefined) {
    return 'external_override_denied';
  }
  const isForced = agent === 'project_manager' && settings.executionMode.value === 'force_external';
  return isForced && override?.target !== 'local' ? 'force_mode_unsatisfied' : undefined;
}

function localReason(
  { agent, override }: RoutingRequest,
  { failed, settings }: RoutingFacts,
): string {
  if (failed.size > 0) return 'local_attempt_failed';
  if (override?.target === 'local') return 'user_override_local';
  const isForced = agent === 'project_manager' && settings.executionMode.value === 'force_local';
  return isForced ? 'local_forced' : 'local_capable';
}

/** The demanded model as if it were the selected one: it is where it is held, on the usual node if that holds it. */
function selectedFor(demanded: string | undefined, { selected }: RoutingFacts) {
  if (demanded === undefined) return selected;
  const nodeSlug = selected?.nodeSlug;
  return {
    modelRef: demanded,
    ...(nodeSlug !== undefined && { nodeSlug }),
    status: 'available',
    executionMode: 'local',
  } as const;
}

function isLeft({ nodeId }: NodeFacts, { holders, failed }: RoutingFacts): boolean {
  return !failed.has(nodeId) && (holders === undefined || holders.has(nodeId));
}

/**
 * Where a model call of an agent goes: to a model of this install, or nowhere. There is no external one yet, so that
 * whoever asks for one is refused rather than sent elsewhere. Pure; the same facts always give the same answer.
 * See docs/reference/inference.md#calls-of-agents.
 */
export function decideRoute(request: RoutingRequest, facts: RoutingFacts): RoutingDecision {
  const { hasUrl, defaultModel, nodes } = facts;
  const local = hasUrl ? [] : nodes.map((node) => consider(node, facts));
  const considered = { local, external: [] } as const;
  const refusal = refusalOf(request, facts);
  if (refusal !== undefined) {
    return { outcome: 'refused', refusal, reasons: [refusal], considered };
  }
  const demanded = demandedModel(request);
  const left = nodes.filter((node) => isLeft(node, facts));
  const selected = selectedFor(demanded, facts);
  const path = choosePath({ hasUrl, defaultModel, selected, nodes: left });
  if (path.kind !== 'waiting') {
    return { outcome: 'local', path, reasons: [localReason(request, facts)], considered };
  }
  // Where a node could serve and lacks nothing but the model, that is what is missing.
  const lacksModel = local.some(({ reasons }) => reasons.join(' ') === 'model_unavailable');
  return noPath(lacksModel ? 'pm_model_unavailable' : path.reason, considered);
}

/** Nobody can be asked now: the code for callers first, then for what they wait. */
export function noPath(
  waitingFor: PromptWaitingReason,
  considered: RoutingDecision['considered'],
): Extract<RoutingDecision, { readonly outcome: 'waiting' }> {
  const more = waitingFor === 'no_inference_path' ? [] : [waitingFor];
  return { outcome: 'waiting', waitingFor, reasons: ['no_inference_path', ...more], considered };
}
