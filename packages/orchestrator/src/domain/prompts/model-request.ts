/**
 * Body of the model service's `POST /api/generate`: the prompt is one JSON value of it and nothing else. Nothing is
 * cut silently (`truncate`), and models that think aloud are asked not to.
 */
export interface ModelRequest {
  readonly model: string;
  readonly prompt: string;
  readonly stream: true;
  readonly think: false;
  readonly truncate: false;
  readonly options: {
    /** Tokens of input and answer that the model's memory is made for. */
    readonly num_ctx: number;
  };
}

/** The request of a prompt. See docs/reference/inference.md#prompts (REQ-ORCHES-0125). */
export function modelRequest(model: string, prompt: string, contextTokens: number): ModelRequest {
  return {
    model,
    prompt,
    stream: true,
    think: false,
    truncate: false,
    options: { num_ctx: contextTokens },
  };
}
