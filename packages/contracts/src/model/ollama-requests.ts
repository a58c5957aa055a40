import { z } from 'zod';

/** Bodies that a model service takes. They are loose and take null for absent, as the real service does. */

/** A function that the model may ask to have called. */
export const modelToolSchema = z.looseObject({
  type: z.string().nullish(),
  function: z.looseObject({
    name: z.string(),
    description: z.string().nullish(),
    /** JSON Schema of its arguments. */
    parameters: z.looseObject({}).nullish(),
  }),
});

/** A call that the model asks for, with its arguments as an object. */
export const ollamaToolCallSchema = z.looseObject({
  id: z.string().optional(),
  function: z.looseObject({
    name: z.string(),
    arguments: z.record(z.string(), z.unknown()),
  }),
});

export const ollamaMessageSchema = z.looseObject({
  role: z.string(),
  content: z.string().nullish(),
  images: z.array(z.string()).nullish(),
  tool_calls: z.array(ollamaToolCallSchema).nullish(),
  tool_name: z.string().nullish(),
});

const answerShape = {
  /** Streams NDJSON unless it is false. */
  stream: z.boolean().nullish(),
  /** `json` or a JSON Schema. */
  format: z.union([z.string(), z.looseObject({})]).nullish(),
  think: z.union([z.boolean(), z.string()]).nullish(),
  /** Seconds, or text such as `5m`; 0 unloads, negative keeps. */
  keep_alive: z.union([z.number(), z.string()]).nullish(),
  options: z
    .looseObject({
      num_predict: z.number().nullish(),
      stop: z.union([z.string(), z.array(z.string())]).nullish(),
    })
    .nullish(),
};

/** `POST /api/generate`; an empty prompt loads the model. */
export const ollamaGenerateRequestSchema = z.looseObject({
  model: z.string().nullish(),
  prompt: z.string().nullish(),
  suffix: z.string().nullish(),
  system: z.string().nullish(),
  images: z.array(z.string()).nullish(),
  ...answerShape,
});

/** `POST /api/chat`; no messages load the model. */
export const ollamaChatRequestSchema = z.looseObject({
  model: z.string().nullish(),
  messages: z.array(ollamaMessageSchema).nullish(),
  tools: z.array(modelToolSchema).nullish(),
  ...answerShape,
});

/** `POST /api/show` and `POST /api/pull`; older clients say `name`. */
export const ollamaModelRequestSchema = z.looseObject({
  model: z.string().nullish(),
  name: z.string().nullish(),
  stream: z.boolean().nullish(),
});

/** `POST /api/embed` (`input`) and `POST /api/embeddings` (`prompt`). */
export const ollamaEmbedRequestSchema = z.looseObject({
  model: z.string().nullish(),
  input: z.union([z.string(), z.array(z.string())]).nullish(),
  prompt: z.string().nullish(),
});

export type ModelTool = z.infer<typeof modelToolSchema>;
export type OllamaToolCall = z.infer<typeof ollamaToolCallSchema>;
export type OllamaMessage = z.infer<typeof ollamaMessageSchema>;
export type OllamaGenerateRequest = z.infer<typeof ollamaGenerateRequestSchema>;
export type OllamaChatRequest = z.infer<typeof ollamaChatRequestSchema>;
