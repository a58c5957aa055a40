import { z } from 'zod';
import { ollamaMessageSchema } from './ollama-requests.ts';

/** Answer of `POST /api/chat` without streaming, or one line with it. */
export const ollamaChatSchema = z.looseObject({
  model: z.string().optional(),
  message: ollamaMessageSchema.extend({
    /** What a model says to itself before it answers. */
    thinking: z.string().nullish(),
  }),
  done: z.boolean(),
  done_reason: z.string().optional(),
  prompt_eval_count: z.int().optional(),
  eval_count: z.int().optional(),
});

/** `POST /api/show`. */
export const ollamaShowSchema = z.looseObject({
  details: z
    .looseObject({
      format: z.string().optional(),
      family: z.string().optional(),
      parameter_size: z.string().optional(),
      quantization_level: z.string().optional(),
    })
    .optional(),
  model_info: z.record(z.string(), z.unknown()).optional(),
  capabilities: z.array(z.string()).optional(),
});

/** `GET /api/ps`: what is in memory. */
export const ollamaPsSchema = z.looseObject({
  models: z
    .array(
      z.looseObject({
        name: z.string().optional(),
        model: z.string().optional(),
        size: z.number().optional(),
        size_vram: z.number().optional(),
        expires_at: z.string().optional(),
        /** Tokens its memory was made for; older services do not say. */
        context_length: z.number().optional(),
      }),
    )
    .nullish(),
});

export type OllamaChat = z.infer<typeof ollamaChatSchema>;
export type OllamaShow = z.infer<typeof ollamaShowSchema>;
export type OllamaPs = z.infer<typeof ollamaPsSchema>;
