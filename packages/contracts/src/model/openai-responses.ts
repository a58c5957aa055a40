import { z } from 'zod';

/** OpenAI's newer wire, `POST /v1/responses`, as far as model services speak it. */

const partSchema = z.looseObject({ type: z.string(), text: z.string().optional() });

/** A message, or the call of a function and what came of it. */
const itemSchema = z.looseObject({
  type: z.string().nullish(),
  role: z.string().nullish(),
  content: z.union([z.string(), z.array(partSchema)]).nullish(),
  output: z.string().nullish(),
});

export const openAiResponseRequestSchema = z.looseObject({
  model: z.string().nullish(),
  input: z.union([z.string(), z.array(itemSchema)]),
  instructions: z.string().nullish(),
  tools: z
    .array(
      z.looseObject({
        type: z.string(),
        name: z.string().optional(),
        description: z.string().nullish(),
        parameters: z.looseObject({}).nullish(),
      }),
    )
    .nullish(),
  max_output_tokens: z.number().nullish(),
  stream: z.boolean().nullish(),
});

export type OpenAiResponseRequest = z.infer<typeof openAiResponseRequestSchema>;
