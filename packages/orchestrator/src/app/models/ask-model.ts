import { withoutAvoided } from '../../domain/dispatch/select-node.ts';
import {
  type PromptPath,
  type PromptWaitingReason,
  choosePath,
} from '../../domain/prompts/choose-path.ts';
import type { ModelAnswer } from '../../domain/prompts/model-answer.ts';
import { modelRequest } from '../../domain/prompts/model-request.ts';
import type { ModelClient, ModelEndpoint } from '../../ports/model-client.ts';
import type { PmModelReader } from '../../ports/models.ts';
import type { Nodes } from '../../ports/nodes.ts';
import type { SilentNodes } from '../dispatch/silent-nodes.ts';

export interface AskModelDeps {
  readonly nodes: Pick<Nodes, 'all'>;
  readonly models: PmModelReader;
  readonly client: ModelClient;
  readonly silent: SilentNodes;
  /** `OLLAMA_BASE_URL`, else `INFERENCE_URL`. See docs/reference/environment.md#orchestrator. */
  readonly directUrl: string | undefined;
  /** `INFERENCE_MODEL`. */
  readonly defaultModel: string;
  /** Path of a node's relay below its Worker API, without a trailing slash. */
  readonly relayPath: string;
  /** Limit of one call when the caller sets none, ms. */
  readonly timeoutMs: number;
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

type Answered = Extract<ModelAnswer, { readonly kind: 'answered' }>;
type Failed = Extract<ModelAnswer, { readonly kind: 'failed' }>;

/** What came of asking. */
export type ModelOutcome =
  /** `model` is the one that was asked for. */
  | { readonly kind: 'answered'; readonly answer: Answered; readonly model: string }
  /** The call was made, or may have been; asking again could do the work twice. */
  | { readonly kind: 'failed'; readonly failure: Failed; readonly model: string }
  /** Nothing ran. `elsewhere`: another node can be asked at once. */
  | { readonly kind: 'not_taken'; readonly message: string; readonly elsewhere: boolean }
  /** The caller's signal fired. */
  | { readonly kind: 'aborted' };

export interface Question {
  /** One value of the request, whatever it says (REQ-ORCHES-0125). */
  readonly text: string;
  readonly signal: AbortSignal;
  /** Limit of the call, ms. */
  readonly timeoutMs?: number;
}

/**
 * Finds out how the Project Manager's model is reached now.
 * See docs/reference/inference.md#prompts.
 */
export async function findModelRoute(deps: AskModelDeps): Promise<ModelRoute | ModelWaiting> {
  const { models, directUrl, defaultModel, relayPath, silent } = deps;
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
  if (path.kind === 'waiting') return path;
  if (path.kind === 'direct_url') {
    return { kind: 'open', path, endpoint: { baseUrl: directUrl ?? '' } };
  }
  const connection = nodes.find((one) => one.facts.nodeId === path.node.nodeId)?.connection;
  // A dispatchable node has URL and token.
  if (connection === undefined) return { kind: 'waiting', reason: 'no_inference_path' };
  const { url, token } = connection;
  return { kind: 'open', path, endpoint: { baseUrl: `${url}${relayPath}`, token } };
}

/** True when another node can be asked at once instead of the one that did not answer. */
function hasOther({ path }: ModelRoute, silent: SilentNodes): boolean {
  if (path.kind !== 'node_relay') return false;
  silent.note(path.node.nodeId);
  return path.hasOther;
}

/**
 * Asks the model once over a route found before and waits for the whole answer: no longer than the limit, and not
 * after the signal. Never rejects for a fault of the model or of the way to it.
 */
export async function askOver(
  route: ModelRoute,
  { text, signal, timeoutMs }: Question,
  deps: AskModelDeps,
): Promise<ModelOutcome> {
  const { client, silent } = deps;
  const { model } = route.path;
  const limit = { timeoutMs: timeoutMs ?? deps.timeoutMs, signal };
  const answer = await client.generate(route.endpoint, modelRequest(model, text), limit);
  if (signal.aborted) return { kind: 'aborted' };
  switch (answer.kind) {
    case 'answered':
      return { kind: 'answered', answer, model };
    case 'failed':
      return { kind: 'failed', failure: answer, model };
    case 'not_taken': {
      const elsewhere = answer.isUnreachable && hasOther(route, silent);
      return { kind: 'not_taken', message: answer.message, elsewhere };
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
