import {
  type AgentAnswer,
  type AgentCall,
  agentCallLimits,
} from '@cynodeai/contracts/control-plane';
import type { Log } from '@cynodeai/runtime/observe';
import { type Clock, messageOf, uuidv7 } from '@cynodeai/runtime/std';
import { withoutAvoided } from '../../domain/dispatch/select-node.ts';
import type { ModelLimits } from '../../domain/prompts/model-limits.ts';
import {
  type RoutingRequest,
  decideRoute,
  demandedModel,
  noPath,
} from '../../domain/routing/decide-route.ts';
import type { RoutingSettings } from '../../domain/routing/routing-settings.ts';
import type {
  RoutingDecisions,
  RoutingReader,
  RoutingResult,
  RoutingSubject,
} from '../../ports/routing.ts';
import {
  type AskModelDeps,
  type ModelOutcome,
  type ModelRoute,
  askOver,
  modelAtOnce,
  routeOver,
} from './ask-model.ts';
import { type InferenceCaller, inferenceSubject } from './inference-caller.ts';
import type { ModelPlaces } from './model-places.ts';
import { callEnded, noInferencePath, notAnswered, notRouted } from './no-answer.ts';

export interface AnswerAgentDeps {
  readonly model: AskModelDeps;
  readonly routing: RoutingReader;
  readonly decisions: RoutingDecisions;
  readonly places: ModelPlaces;
  readonly clock: Clock;
  /** Monotonic clock, ms. */
  readonly monotonicMs: () => number;
  readonly log: Log;
  /** To the first word of a model that is in memory, ms. */
  readonly firstWordMs: number;
  /** Longest a call may take, ms: below what the connection of its caller lives without a word. */
  readonly longestMs: number;
}

/** One model call of an agent. */
export interface AgentQuestion {
  readonly call: AgentCall;
  readonly caller: InferenceCaller;
  readonly requestId: string;
  /** Fires when the caller leaves or the process ends. */
  readonly signal: AbortSignal;
}

/** What holds for one call in all of its attempts. */
interface Attempting {
  readonly call: AgentCall;
  readonly request: RoutingRequest;
  readonly subject: RoutingSubject;
  readonly settings: RoutingSettings;
  readonly usual: Omit<ModelLimits, 'firstWordMs'>;
  /** When the call is to be over, by the monotonic clock, ms. */
  readonly until: number;
  readonly requestId: string;
  readonly signal: AbortSignal;
}

/** What earlier attempts of a call came to. */
interface Before {
  readonly parentId: string | undefined;
  readonly failed: ReadonlySet<string>;
}

/** Decides, and records the decision before anything is sent. @throws OrchestratorError where nobody is asked */
async function decide(
  { request, subject, settings, requestId }: Attempting,
  before: Before,
  { model, routing, decisions, clock, log }: AnswerAgentDeps,
): Promise<{ readonly id: string; readonly route: ModelRoute }> {
  const demanded = demandedModel(request);
  const hasUrl = model.directUrl !== undefined;
  const nodes = hasUrl ? [] : await model.nodes.all();
  const facts = nodes.map((node) => node.facts);
  const decided = decideRoute(request, {
    hasUrl,
    defaultModel: model.defaultModel,
    selected: await model.models.current(),
    nodes: withoutAvoided(facts, model.silent.current()),
    holders: demanded === undefined || hasUrl ? undefined : await routing.holders(demanded),
    failed: before.failed,
    settings,
  });
  const route = decided.outcome === 'local' ? routeOver(decided.path, nodes, model) : undefined;
  const decision = route?.kind === 'waiting' ? noPath(route.reason, decided.considered) : decided;
  const at = clock.now();
  const id = uuidv7(at.getTime());
  const { parentId } = before;
  await decisions.record({ id, at, parentId, requestId, request, subject, settings, decision });
  log.info('a call of an agent was routed', {
    decision_id: id,
    request_id: requestId,
    task_id: subject.taskId,
    agent: request.agent,
    purpose: request.purpose,
    outcome: decision.outcome,
    primary_reason: decision.reasons[0],
    ...(decision.outcome === 'local' && { model: decision.path.model, path: decision.path.kind }),
  });
  if (route?.kind === 'open') return { id, route };
  throw notRouted(decision);
}

const results: Readonly<Record<ModelOutcome['kind'], RoutingResult>> = {
  answered: 'completed',
  late: 'timeout',
  too_long: 'too_long',
  failed: 'failed',
  not_taken: 'not_taken',
  aborted: 'aborted',
};

/** An answer is not lost because its end cannot be recorded. */
async function noteEnd(
  id: string,
  result: RoutingResult,
  durationMs: number,
  { decisions, log }: AnswerAgentDeps,
): Promise<void> {
  try {
    await decisions.finish(id, result, durationMs);
  } catch (error) {
    log.warn('the end of a model call could not be recorded', {
      decision_id: id,
      result,
      error: messageOf(error),
    });
  }
}

/** The node that failed, where another one may fare better; nothing is asked again once a limit of time is over. */
function failedNode({ path }: ModelRoute, outcome: ModelOutcome): string | undefined {
  if (path.kind !== 'node_relay' || !path.hasOther) return undefined;
  const isNodes =
    (outcome.kind === 'not_taken' && outcome.elsewhere) ||
    (outcome.kind === 'failed' &&
      ['model_unreachable', 'model_refused'].includes(outcome.failure.errorType));
  return isNodes ? path.node.nodeId : undefined;
}

async function attempt(
  attempting: Attempting,
  before: Before,
  deps: AnswerAgentDeps,
): Promise<{ readonly id: string; readonly route: ModelRoute; readonly outcome: ModelOutcome }> {
  const { id, route } = await decide(attempting, before, deps);
  const { call: chat, signal, usual, until } = attempting;
  const { firstWordMs, monotonicMs } = deps;
  const startedMs = monotonicMs();
  const totalMs = Math.max(1, Math.min(usual.totalMs, until - startedMs));
  const limits = { ...usual, firstWordMs, totalMs };
  const outcome = await askOver(route, { chat, signal, limits }, deps.model);
  await noteEnd(id, results[outcome.kind], monotonicMs() - startedMs, deps);
  return { id, route, outcome };
}

function answerOf(
  id: string,
  { answer, model }: Extract<ModelOutcome, { kind: 'answered' }>,
): AgentAnswer {
  const { text, toolCalls, finishReason, usage } = answer;
  return {
    message: {
      role: 'assistant',
      content: text,
      ...(toolCalls !== undefined && { tool_calls: [...toolCalls] }),
    },
    model_ref: model,
    target: 'local',
    decision_id: id,
    ...(finishReason !== undefined && { finish_reason: finishReason }),
    ...(usage !== undefined && { usage }),
  };
}

/** Asks, and once more elsewhere when it was the node that failed. */
async function ask(attempting: Attempting, deps: AnswerAgentDeps): Promise<AgentAnswer> {
  let last = await attempt(attempting, { parentId: undefined, failed: new Set() }, deps);
  const failed = failedNode(last.route, last.outcome);
  const isOver = attempting.signal.aborted || deps.monotonicMs() >= attempting.until;
  if (failed !== undefined && !isOver) {
    last = await attempt(attempting, { parentId: last.id, failed: new Set([failed]) }, deps);
  }
  const { id, outcome } = last;
  if (outcome.kind === 'answered') return answerOf(id, outcome);
  throw notAnswered(outcome);
}

/**
 * Has a model of this install answer an agent. Every decision where to ask is recorded before it is acted upon.
 * See docs/reference/inference.md#calls-of-agents.
 * @throws OrchestratorError `forbidden`, `task_unknown`, `routing_refused`, `no_inference_path`, `input_too_large`,
 *   `model_timeout`, `model_failed`, `model_call_ended`
 */
export async function answerAgent(
  { call, caller, requestId, signal }: AgentQuestion,
  deps: AnswerAgentDeps,
): Promise<AgentAnswer> {
  const { places, monotonicMs, model } = deps;
  const { routing: request, subject } = await inferenceSubject(call.routing, caller, deps.routing);
  const { routing: settings, calls } = await deps.routing.settings(request.agent);
  const limitMs = Math.min(call.timeout_ms ?? agentCallLimits.timeoutMs.max, deps.longestMs);
  const startedMs = monotonicMs();
  const most = calls.atOnce ?? (await modelAtOnce(model)) ?? 1;
  const turn = AbortSignal.any([signal, AbortSignal.timeout(limitMs)]);
  if (!(await places.enter(most, turn))) {
    if (signal.aborted) throw callEnded();
    throw noInferencePath('model_answers_others');
  }
  try {
    const until = startedMs + limitMs;
    const usual = calls.limits;
    return await ask({ call, request, subject, settings, usual, until, requestId, signal }, deps);
  } finally {
    places.leave();
  }
}
