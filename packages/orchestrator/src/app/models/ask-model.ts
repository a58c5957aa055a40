import { withoutAvoided } from '../../domain/dispatch/select-node.ts';
import {
  type PromptPath,
  type PromptWaitingReason,
  askedModel,
  choosePath,
} from '../../domain/prompts/choose-path.ts';
import { type ChatInput, chatRequest, chatText } from '../../domain/prompts/chat-request.ts';
import {
  contextSize,
  estimatedTokens,
  extraAnswerTokens,
  largerContext,
} from '../../domain/prompts/context-size.ts';
import type { ModelAnswer, NotTakenReason } from '../../domain/prompts/model-answer.ts';
import {
  type ModelLimits,
  promptsAtOnce,
  withReadingTime,
} from '../../domain/prompts/model-limits.ts';
import { modelRequest } from '../../domain/prompts/model-request.ts';
import type { ModelClient, ModelEndpoint } from '../../ports/model-client.ts';
import type { PmModelReader } from '../../ports/models.ts';
import type { DispatchNode, Nodes } from '../../ports/nodes.ts';
import type { SilentNodes } from '../dispatch/silent-nodes.ts';
import type { KnownContexts } from './known-contexts.ts';
import type { RestingServices } from './resting-services.ts';

export interface AskModelDeps {
  readonly nodes: Pick<Nodes, 'all'>;
  readonly models: PmModelReader;
  readonly client: Pick<ModelClient, 'generate'>;
  readonly contexts: KnownContexts;
  readonly silent: SilentNodes;
  readonly resting: RestingServices;
  /** `OLLAMA_BASE_URL`, else `INFERENCE_URL`. See docs/environment.md#orchestrator. */
  readonly directUrl: string | undefined;
  /** `INFERENCE_MODEL`. */
  readonly defaultModel: string;
  /** Path of a node's relay below its Worker API, without a trailing slash. */
  readonly relayPath: string;
}

/** Nobody can be asked now. */
export interface ModelWaiting {
  readonly kind: 'waiting';
  readonly reason: PromptWaitingReason;
}

/** How the model is reached now. */
export interface ModelRoute {
  readonly kind: 'open';
  readonly path: Exclude<PromptPath, ModelWaiting>;
  readonly endpoint: ModelEndpoint;
}

type Answer<K extends ModelAnswer['kind']> = Extract<ModelAnswer, { readonly kind: K }>;

/** What came of asking. */
export type ModelOutcome =
  /** `model` is the one that was asked for. */
  | { readonly kind: 'answered'; readonly answer: Answer<'answered'>; readonly model: string }
  /** A limit of time is over; asking again would do the same work again. */
  | { readonly kind: 'late'; readonly answer: Answer<'late'>; readonly model: string }
  /** The model cannot hold the input, however it is asked. */
  | { readonly kind: 'too_long'; readonly message: string }
  /** The call was made, or may have been; asking again could do the work twice. */
  | {
      readonly kind: 'failed';
      readonly failure: Answer<'failed'>;
      readonly model: string;
      /** Tokens of memory that were asked for. */
      readonly contextTokens: number;
    }
  /** Nothing ran. `elsewhere`: another node can be asked at once; else not before `delayMs`. */
  | {
      readonly kind: 'not_taken';
      readonly message: string;
      readonly reason: NotTakenReason;
      /** What queued prompts wait for meanwhile. */
      readonly waitingFor: PromptWaitingReason;
      readonly elsewhere: boolean;
      readonly delayMs: number;
      readonly failed: Extract<ModelOutcome, { readonly kind: 'failed' }>;
    }
  /** The caller's signal fired. */
  | { readonly kind: 'aborted' };

export type Question = QuestionFrame &
  (
    | {
        /** One value of the request, whatever it says (REQ-ORCHES-0125). */
        readonly text: string;
      }
    | {
        /** Messages of an agent, and how they are to be answered. */
        readonly chat: ChatInput;
      }
  );

interface QuestionFrame {
  readonly signal: AbortSignal;
  readonly limits: ModelLimits;
  /** Called with the words of the answer as they come. */
  readonly onText?: (text: string) => void;
}

/**
 * Finds out how the Project Manager's model is reached now.
 * See docs/reference/inference.md#prompts.
 */
export async function findModelRoute(deps: AskModelDeps): Promise<ModelRoute | ModelWaiting> {
  const { models, directUrl, defaultModel, silent } = deps;
  const hasUrl = directUrl !== undefined;
  const nodes = hasUrl ? [] : await deps.nodes.all();
  const path = choosePath({
    hasUrl,
    defaultModel,
    selected: await models.current(),
    nodes: withoutAvoided(
      nodes.map((node) => node.facts),
      silent.current(),
    ),
  });
  return routeOver(path, nodes, deps);
}

/** How a model is reached over a path that was chosen among these nodes. */
export function routeOver(
  path: PromptPath,
  nodes: readonly DispatchNode[],
  deps: Pick<AskModelDeps, 'directUrl' | 'relayPath' | 'resting'>,
): ModelRoute | ModelWaiting {
  const { directUrl, relayPath } = deps;
  if (path.kind === 'waiting') return path;
  if (path.kind === 'direct_url') return openTo({ baseUrl: directUrl ?? '' }, path, deps);
  const connection = nodes.find((one) => one.facts.nodeId === path.node.nodeId)?.connection;
  // A dispatchable node has URL and token.
  if (connection === undefined) return { kind: 'waiting', reason: 'no_inference_path' };
  const { url, token, certificate } = connection;
  return openTo({ baseUrl: `${url}${relayPath}`, token, certificate }, path, deps);
}

function openTo(
  endpoint: ModelEndpoint,
  path: ModelRoute['path'],
  { resting }: Pick<AskModelDeps, 'resting'>,
): ModelRoute | ModelWaiting {
  const reason = resting.reason(endpoint.baseUrl);
  return reason === undefined ? { kind: 'open', path, endpoint } : { kind: 'waiting', reason };
}

/**
 * How many prompts the model that is asked now takes at once, unless a setting says it; undefined when none is known.
 */
export async function modelAtOnce({
  models,
  directUrl,
  defaultModel,
}: Pick<AskModelDeps, 'models' | 'directUrl' | 'defaultModel'>): Promise<number | undefined> {
  const hasUrl = directUrl !== undefined;
  const model = askedModel({ hasUrl, defaultModel, selected: await models.current() });
  return model === undefined ? undefined : promptsAtOnce(model);
}

/** True when another node can be asked at once instead of the one that did not answer. */
function hasOther({ path }: ModelRoute, silent: SilentNodes): boolean {
  if (path.kind !== 'node_relay') return false;
  silent.note(path.node.nodeId);
  return path.hasOther;
}

/** Waiting prompts say why by this. */
const waitingReasons: Readonly<Record<NotTakenReason, PromptWaitingReason>> = {
  busy: 'model_service_busy',
  down: 'model_service_down',
  broke_off: 'model_service_down',
  no_model: 'pm_model_unavailable',
};

/** What a model reads, what its answer takes beyond the usual, and how it is asked. */
function formOf(question: Question) {
  if ('text' in question) {
    const { text } = question;
    const requestOf = (model: string, tokens: number) => modelRequest(model, text, tokens);
    return { text, extra: 0, requestOf };
  }
  const { chat } = question;
  return {
    text: chatText(chat),
    extra: extraAnswerTokens(chat.max_tokens),
    requestOf: (model: string, tokens: number) => chatRequest(model, chat, tokens),
  };
}

/** Asks with more and more room, as long as the service says that the input does not fit. */
async function generate(
  { endpoint, path: { model } }: ModelRoute,
  question: Question,
  { client, contexts }: AskModelDeps,
): Promise<{
  readonly answer: Exclude<ModelAnswer, Answer<'too_long'>> | TooLong;
  readonly asked: number;
}> {
  const { signal, onText } = question;
  const most = await contexts.of(endpoint, model, signal);
  const { text, extra, requestOf } = formOf(question);
  const estimated = estimatedTokens(text);
  const limits = withReadingTime(question.limits, estimated);
  let asked = contextSize(estimated + extra, most);
  for (;;) {
    const request = requestOf(model, asked);
    const answer = await client.generate(endpoint, request, { limits, signal, onText });
    if (answer.kind !== 'too_long') return { answer, asked };
    const { inputTokens } = answer;
    const larger = largerContext(asked, inputTokens, most);
    if (larger === undefined) {
      const tokens = inputTokens === undefined ? `about ${estimated}` : String(inputTokens);
      return { answer: { kind: 'too_long', tokens, most: asked }, asked };
    }
    asked = larger;
  }
}

interface TooLong {
  readonly kind: 'too_long';
  /** Of the input, in words. */
  readonly tokens: string;
  /** What the model can hold. */
  readonly most: number;
}

function notTaken(
  route: ModelRoute,
  answer: Answer<'not_taken'>,
  contextTokens: number,
  { silent, resting }: AskModelDeps,
): ModelOutcome {
  const { message, reason } = answer;
  const { model } = route.path;
  const elsewhere = answer.isUnreachable && hasOther(route, silent);
  const waitingFor = waitingReasons[reason];
  const delayMs = elsewhere ? 0 : resting.note(route.endpoint.baseUrl, waitingFor);
  const failure = { kind: 'failed', errorType: 'model_refused', message } as const;
  const failed = { kind: 'failed', failure, model, contextTokens } as const;
  return { kind: 'not_taken', message, reason, waitingFor, elsewhere, delayMs, failed };
}

/**
 * Asks the model once over a route found before and waits for the whole answer: no longer than the limits, and not
 * after the signal. Never rejects for a fault of the model or of the way to it.
 */
export async function askOver(
  route: ModelRoute,
  question: Question,
  deps: AskModelDeps,
): Promise<ModelOutcome> {
  const { model } = route.path;
  const { answer, asked } = await generate(route, question, deps);
  if (question.signal.aborted) return { kind: 'aborted' };
  if (answer.kind === 'not_taken') return notTaken(route, answer, asked, deps);
  deps.resting.clear(route.endpoint.baseUrl);
  switch (answer.kind) {
    case 'answered':
      return { kind: 'answered', answer, model };
    case 'late':
      return { kind: 'late', answer, model };
    case 'failed':
      return { kind: 'failed', failure: answer, model, contextTokens: asked };
    case 'too_long': {
      const { tokens, most } = answer;
      const message = `the input is ${tokens} tokens long and ${model} takes ${most}; shorten the prompt or its attachments, or use a model that takes more`;
      return { kind: 'too_long', message };
    }
  }
}

/**
 * Asks the Project Manager's model once, through a node's relay or at a configured URL, or says why
 * nobody can be asked now. See docs/reference/inference.md#prompts (REQ-ORCHES-0118).
 */
export async function askModel(
  question: Question,
  deps: AskModelDeps,
): Promise<ModelOutcome | ModelWaiting> {
  const route = await findModelRoute(deps);
  return route.kind === 'waiting' ? route : askOver(route, question, deps);
}
