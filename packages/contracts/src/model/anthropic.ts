import { z } from 'zod';

/** Anthropic's wire, `POST /v1/messages`, as far as model services speak it. */

const blockSchema = z.looseObject({
  type: z.string(),
  text: z.string().optional(),
  /** What came of a call of a tool. */
  content: z.unknown().optional(),
});
const contentSchema = z.union([z.string(), z.array(blockSchema)]);

export const anthropicRequestSchema = z.looseObject({
  model: z.string().nullish(),
  system: contentSchema.nullish(),
  messages: z
    .array(z.looseObject({ role: z.string(), content: contentSchema }))
    .min(1, 'at least one message is required'),
  tools: z
    .array(
      z.looseObject({
        name: z.string(),
        description: z.string().nullish(),
        input_schema: z.looseObject({}).nullish(),
      }),
    )
    .nullish(),
  max_tokens: z.number(),
  stop_sequences: z.array(z.string()).nullish(),
  stream: z.boolean().nullish(),
});

/** An error as Anthropic words it. */
export const anthropicErrorSchema = z.looseObject({
  type: z.literal('error'),
  error: z.looseObject({ type: z.string(), message: z.string() }),
});

export type AnthropicRequest = z.infer<typeof anthropicRequestSchema>;
