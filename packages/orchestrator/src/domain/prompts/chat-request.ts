import type { AgentCall } from '@cynodeai/contracts/control-plane';

/** What an agent has a model answer. */
export type ChatInput = Pick<AgentCall, 'messages' | 'tools' | 'response_format' | 'max_tokens'>;

/** Body of the model service's `POST /api/chat`; as with prompts nothing is cut silently and nobody thinks aloud. */
export interface ChatRequest {
  readonly model: string;
  readonly messages: AgentCall['messages'];
  readonly tools?: NonNullable<AgentCall['tools']>;
  /** `json`, or the JSON Schema that the answer keeps to. */
  readonly format?: 'json' | Record<string, unknown>;
  readonly stream: true;
  readonly think: false;
  readonly truncate: false;
  readonly options: {
    /** Tokens of input and answer that the model's memory is made for. */
    readonly num_ctx: number;
    /** Tokens of the answer at most. */
    readonly num_predict?: number;
  };
}

function formatOf(format: ChatInput['response_format']): ChatRequest['format'] {
  switch (format?.type) {
    case undefined:
    case 'text':
      return undefined;
    case 'json_object':
      return 'json';
    case 'json_schema':
      return format.json_schema.schema;
  }
}

/** The request of an agent's call. See docs/reference/inference.md#calls-of-agents. */
export function chatRequest(
  model: string,
  { messages, tools, response_format, max_tokens }: ChatInput,
  contextTokens: number,
): ChatRequest {
  const format = formatOf(response_format);
  return {
    model,
    messages,
    ...(tools !== undefined && tools.length > 0 && { tools }),
    ...(format !== undefined && { format }),
    stream: true,
    think: false,
    truncate: false,
    options: {
      num_ctx: contextTokens,
      ...(max_tokens !== undefined && { num_predict: max_tokens }),
    },
  };
}

/** All that a model reads of it. */
export function chatText({ messages, tools = [] }: ChatInput): string {
  return JSON.stringify([messages, tools]);
}
