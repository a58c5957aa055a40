/** Body of the model service's `POST /api/generate`: the prompt is one JSON value of it and nothing else. */
export interface ModelRequest {
  readonly model: string;
  readonly prompt: string;
  readonly stream: false;
}

/** The request of a prompt. See docs/reference/inference.md#prompts (REQ-ORCHES-0125). */
export function modelRequest(model: string, prompt: string): ModelRequest {
  return { model, prompt, stream: false };
}
