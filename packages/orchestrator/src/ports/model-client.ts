import type { ModelAnswer } from '../domain/prompts/model-answer.ts';
import type { ModelLimits } from '../domain/prompts/model-limits.ts';
import type { ChatRequest } from '../domain/prompts/chat-request.ts';
import type { ModelRequest } from '../domain/prompts/model-request.ts';

/** Where a model service is reached. The token must not reach a log or an error. */
export interface ModelEndpoint {
  /** Without the path of the operation and without a trailing slash. */
  readonly baseUrl: string;
  /** Bearer token of a node's relay; absent for a configured URL. */
  readonly token?: string;
  /** The one certificate that the node shows, PEM, where it told one. */
  readonly certificate?: string | undefined;
}

/** How a model is asked. */
export interface GenerateOptions {
  readonly limits: ModelLimits;
  readonly signal: AbortSignal;
  /** Called with the words of the answer as they come, without thoughts. */
  readonly onText?: ((text: string) => void) | undefined;
}

/** Calls of a model service. */
export interface ModelClient {
  /**
   * Asks once and reads the answer as it comes; never rejects: every fault is an answer.
   * See docs/reference/inference.md#prompts.
   */
  generate(
    endpoint: ModelEndpoint,
    request: ModelRequest | ChatRequest,
    options: GenerateOptions,
  ): Promise<ModelAnswer>;
  /** How many tokens a model can hold at most; undefined when the service does not say. Never rejects. */
  contextLength(
    endpoint: ModelEndpoint,
    model: string,
    signal: AbortSignal,
  ): Promise<number | undefined>;
}
