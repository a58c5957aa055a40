import { demoModelRef } from '@cynodeai/contracts/model';
import { positiveInteger } from '../nodes/config-settings.ts';

/** How long a model may be silent or at work, ms. See docs/reference/inference.md#prompts. */
export interface ModelLimits {
  /** To the first word, once the model is in memory. */
  readonly firstWordMs: number;
  /** Between two words. */
  readonly silenceMs: number;
  /** To the first word, with waiting for others and loading. */
  readonly loadMs: number;
  /** The whole call. */
  readonly totalMs: number;
}

/** How long a slow processor reads one token of the question, ms. */
const readingMsPerToken = 50;

/** The limits for a question of so many tokens: a long one takes long to read, and nothing is said meanwhile. */
export function withReadingTime(limits: ModelLimits, inputTokens: number): ModelLimits {
  return { ...limits, firstWordMs: limits.firstWordMs + inputTokens * readingMsPerToken };
}

/** The stand-in answers by rules and takes what comes. */
const demoAtOnce = 4;

/** Prompts that are at a model at once, unless the setting says another number. See docs/reference/inference.md#prompts. */
export function promptsAtOnce(model: string): number {
  return model === demoModelRef ? demoAtOnce : 1;
}

/** System settings of model calls. See docs/reference/settings.md#system-settings. */
export const promptSettingKeys = {
  loadSeconds: 'inference.load_timeout_seconds',
  silenceSeconds: 'inference.silence_timeout_seconds',
  totalSeconds: 'inference.total_timeout_seconds',
  atOnce: 'inference.max_concurrency',
} as const;

/** Largest values of these settings; a node's relay ends a call a little later than the longest total. */
export const promptSettingLimits = { seconds: 3600, atOnce: 16 } as const;

/** What holds for model calls now. */
export interface PromptSettings {
  readonly limits: Omit<ModelLimits, 'firstWordMs'>;
  /** Calls at once that the operator knows the service to take; undefined when nothing was said. */
  readonly atOnce: number | undefined;
}

/** The settings as they are stored; a value of a wrong type counts as unset. */
export function promptSettings(stored: Readonly<Record<string, unknown>> | null): PromptSettings {
  const seconds = (key: string, unset: number): number =>
    1000 * Math.min(positiveInteger(stored?.[key]) ?? unset, promptSettingLimits.seconds);
  const atOnce = positiveInteger(stored?.[promptSettingKeys.atOnce]);
  return {
    limits: {
      loadMs: seconds(promptSettingKeys.loadSeconds, 600),
      silenceMs: seconds(promptSettingKeys.silenceSeconds, 30),
      totalMs: seconds(promptSettingKeys.totalSeconds, 1800),
    },
    atOnce: atOnce && Math.min(atOnce, promptSettingLimits.atOnce),
  };
}
