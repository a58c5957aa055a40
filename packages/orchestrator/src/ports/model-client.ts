import type { ModelAnswer } from '../domain/prompts/model-answer.ts';
import type { ModelRequest } from '../domain/prompts/model-request.ts';

/** Where a model service is reached. The token must not reach a log or an error. */
export interface ModelEndpoint {
  /** Without the path of the operation and without a trailing slash. */
  readonly baseUrl: string;
  /** Bearer token of a node's relay; absent for a configured URL. */
  readonly token?: string;
}

/** Calls of a model service. */
export interface ModelClient {
  /**
   * Asks once and waits for the whole answer; never rejects: every fault is an answer.
   * See docs/reference/inference.md#prompts.
   */
  generate(
    endpoint: ModelEndpoint,
    request: ModelRequest,
    options: { readonly timeoutMs: number; readonly signal: AbortSignal },
  ): Promise<ModelAnswer>;
}
