import { z } from 'zod';
import { defaultModelTag } from '../common/model-names.ts';

/** `GET /api/version`. */
export const ollamaVersionSchema = z.looseObject({ version: z.string() });

/** `GET /api/status`: whether it asks its maker's cloud. Older services have no such path. */
export const ollamaStatusSchema = z.looseObject({
  cloud: z.looseObject({ disabled: z.boolean().optional() }).optional(),
});

/** `GET /api/tags`: what is on disk. Older servers fill only one of the two names. */
export const ollamaTagsSchema = z.looseObject({
  models: z
    .array(
      z.looseObject({
        name: z.string().optional(),
        model: z.string().optional(),
        size: z.number().optional(),
        digest: z.string().optional(),
        /** Newer services say here already what it can do. */
        capabilities: z.array(z.string()).nullish(),
        details: z
          .looseObject({
            family: z.string().nullish(),
            families: z.array(z.string()).nullish(),
            parameter_size: z.string().nullish(),
          })
          .nullish(),
        /** Who computes it, for a model that is not on this machine. */
        remote_host: z.string().optional(),
      }),
    )
    .nullish(),
});

/** One line of `POST /api/pull`. */
export const ollamaPullLineSchema = z.looseObject({
  status: z.string().optional(),
  digest: z.string().optional(),
  total: z.number().optional(),
  completed: z.number().optional(),
  error: z.string().optional(),
});

/** Answer of `POST /api/generate` without streaming, or one line with it; durations in ns. */
export const ollamaGenerateSchema = z.looseObject({
  model: z.string().optional(),
  response: z.string(),
  /** What a model says to itself before it answers. */
  thinking: z.string().optional(),
  done: z.boolean(),
  done_reason: z.string().optional(),
  prompt_eval_count: z.int().optional(),
  eval_count: z.int().optional(),
});

/** An error as the model service words it. */
export const ollamaErrorSchema = z.looseObject({ error: z.string() });

/** The rule-based stand-in for a model; every surface that shows its output names it. */
export const demoModelRef = `cynode-demo:${defaultModelTag}`;

export type OllamaTags = z.infer<typeof ollamaTagsSchema>;

/** What a listed model is called; services of different age tell it in either field, or in both. Empty: it has no name. */
export function listedName({ name, model }: NonNullable<OllamaTags['models']>[number]): string {
  return name ?? model ?? '';
}
export type OllamaPullLine = z.infer<typeof ollamaPullLineSchema>;
export type OllamaError = z.infer<typeof ollamaErrorSchema>;
export type OllamaGenerate = z.infer<typeof ollamaGenerateSchema>;
