import { z } from 'zod';
import {
  type InferencePath,
  type InferenceSettings,
  inferenceChoices,
} from '../domain/inference.ts';

/** How files of an install tell where prompts get their answers. */
export const inferencePathSchema: z.ZodType<InferencePath> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('none') }),
  z.object({ kind: z.literal('ollama'), url: z.url() }),
  z.object({ kind: z.literal('container'), image: z.string().min(1) }),
  z.object({ kind: z.literal('demo') }),
]);

export const inferenceSettingsSchema: z.ZodType<InferenceSettings> = z.object({
  choice: z.enum(inferenceChoices),
  ollamaUrl: z.url().optional(),
  path: inferencePathSchema,
  agreedModel: z.string().min(1).optional(),
});
