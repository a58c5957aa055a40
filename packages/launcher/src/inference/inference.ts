import type { Env } from '@cynodeai/runtime/config';
import { z } from 'zod';

/** What the person asked for. `auto` takes the first that works; the others take exactly that or fail. */
export const inferenceChoices = ['auto', 'none', 'ollama', 'demo'] as const;
export type InferenceChoice = (typeof inferenceChoices)[number];

/** Where the node of this install gets its answers from. */
const pathSchema = z.discriminatedUnion('kind', [
  /** Nowhere: prompts wait, and readiness says why. */
  z.object({ kind: z.literal('none') }),
  /** A service that runs already and is not ours. */
  z.object({ kind: z.literal('ollama'), url: z.url() }),
  /** A container the node starts and keeps. */
  z.object({ kind: z.literal('container'), image: z.string().min(1) }),
  /** The rule-based stand-in, a role of this stack. */
  z.object({ kind: z.literal('demo') }),
]);

export type InferencePath = z.infer<typeof pathSchema>;

/** What an install remembers, so that later starts agree. */
export const inferenceSettingsSchema = z.object({
  choice: z.enum(inferenceChoices),
  /** Base URL from `OLLAMA_BASE_URL`, of the last start that had one. */
  ollamaUrl: z.url().optional(),
  path: pathSchema,
});

export const inferencePathSchema = pathSchema;
export type InferenceSettings = z.infer<typeof inferenceSettingsSchema>;

/** Before anybody chose. */
export const unsettledInference: InferenceSettings = { choice: 'auto', path: { kind: 'none' } };

/** A path in a few words, as status shows it. */
export function describePath(path: InferencePath): string {
  switch (path.kind) {
    case 'none':
      return 'none';
    case 'ollama':
      return `Ollama at ${path.url}`;
    case 'container':
      return `Ollama in a container (${path.image})`;
    case 'demo':
      return 'demo model (cynode-demo, a rule-based stand-in, not a neural network)';
  }
}

/** The one command that replaces the demo model by a real one. */
export const realModelCommand = 'cynode up --inference ollama';

/** True when the command line or the environment asks for other inference than the install has. */
export function wantsOtherInference(
  inference: InferenceSettings,
  choice: InferenceChoice | undefined,
  env: Env,
): boolean {
  // Who says `auto` wants what is there now, not what was there at the last start.
  if (choice !== undefined && (choice === 'auto' || choice !== inference.choice)) return true;
  const url = env['OLLAMA_BASE_URL']?.replace(/\/+$/, '');
  if (!url || !['auto', 'ollama'].includes(inference.choice)) return false;
  // A named service that was not there at the start may be there now.
  return url !== inference.ollamaUrl || ['demo', 'none'].includes(inference.path.kind);
}
