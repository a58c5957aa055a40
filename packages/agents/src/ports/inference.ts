import type { AgentCall } from '@cynodeai/contracts/control-plane';

/** What a model is asked by an agent, and for what. */
export type ModelQuestion = Pick<
  AgentCall,
  'routing' | 'messages' | 'response_format' | 'max_tokens'
>;

export interface ModelReply {
  readonly text: string;
  /** The answer was cut. */
  readonly isCut: boolean;
  /** The model that was asked. */
  readonly modelRef: string;
  readonly target: 'local' | 'external';
  /** Record of where it was asked, and why there. */
  readonly decisionId: string;
}

/**
 * A question without an answer. `no_path`: nobody can be asked now, and later perhaps. `refused`: nobody ever will.
 * `failed`: somebody was asked and could not answer.
 */
export class NoReply extends Error {
  readonly kind: 'no_path' | 'refused' | 'failed';

  constructor(kind: NoReply['kind'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** Models, wherever they are. See docs/reference/inference.md#calls-of-agents. */
export interface Inference {
  /** @throws NoReply, and when the signal fires */
  ask(question: ModelQuestion, signal: AbortSignal): Promise<ModelReply>;
}
