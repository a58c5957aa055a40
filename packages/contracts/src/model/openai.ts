import { z } from 'zod';
import { modelToolSchema } from './ollama-requests.ts';

/** OpenAI's wire as far as model services speak it. */

/** A call with its arguments as JSON text. */
export const openAiToolCallSchema = z.looseObject({
  index: z.int().optional(),
  id: z.string().optional(),
  type: z.string().optional(),
  function: z.looseObject({ name: z.string().optional(), arguments: z.string().optional() }),
});

export const openAiMessageSchema = z.looseObject({
  role: z.string(),
  content: z
    .union([z.string(), z.array(z.looseObject({ type: z.string(), text: z.string().optional() }))])
    .nullish(),
  tool_calls: z.array(openAiToolCallSchema).nullish(),
  tool_call_id: z.string().nullish(),
});

const answerShape = {
  model: z.string().nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  max_tokens: z.number().nullish(),
  stop: z.union([z.string(), z.array(z.string())]).nullish(),
};

/** `POST /v1/chat/completions`. */
export const openAiChatRequestSchema = z.looseObject({
  messages: z.array(openAiMessageSchema).min(1, 'at least one message is required'),
  tools: z.array(modelToolSchema).nullish(),
  max_completion_tokens: z.number().nullish(),
  reasoning_effort: z.string().nullish(),
  response_format: z
    .looseObject({
      type: z.string(),
      json_schema: z.looseObject({ schema: z.unknown().optional() }).nullish(),
    })
    .nullish(),
  ...answerShape,
});

/** `POST /v1/completions`. */
export const openAiCompletionRequestSchema = z.looseObject({
  prompt: z.string(),
  suffix: z.string().nullish(),
  ...answerShape,
});

/** What an answer took, in tokens. */
export const openAiUsageSchema = z.looseObject({
  prompt_tokens: z.int(),
  completion_tokens: z.int(),
  total_tokens: z.int(),
});

/** A whole chat answer. */
export const openAiChatSchema = z.looseObject({
  id: z.string(),
  object: z.literal('chat.completion'),
  model: z.string(),
  choices: z.array(
    z.looseObject({
      index: z.int(),
      message: openAiMessageSchema,
      finish_reason: z.string().nullable(),
    }),
  ),
  usage: openAiUsageSchema.optional(),
});

/** One event of a streamed chat answer. */
export const openAiChatChunkSchema = z.looseObject({
  id: z.string(),
  object: z.literal('chat.completion.chunk'),
  model: z.string(),
  choices: z.array(
    z.looseObject({
      index: z.int(),
      delta: openAiMessageSchema.partial(),
      finish_reason: z.string().nullish(),
    }),
  ),
  usage: openAiUsageSchema.nullish(),
});

/** `GET /v1/models`. */
export const openAiModelsSchema = z.looseObject({
  object: z.literal('list'),
  data: z.array(z.looseObject({ id: z.string(), object: z.literal('model') })).nullable(),
});

/** An error as OpenAI words it. */
export const openAiErrorSchema = z.looseObject({
  error: z.looseObject({ message: z.string(), type: z.string() }),
});

export type OpenAiChatRequest = z.infer<typeof openAiChatRequestSchema>;
export type OpenAiCompletionRequest = z.infer<typeof openAiCompletionRequestSchema>;
export type OpenAiMessage = z.infer<typeof openAiMessageSchema>;
