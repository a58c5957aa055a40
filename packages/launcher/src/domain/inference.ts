import { trimEnd } from '@cynodeai/runtime/std';

/** What the person asked for. `auto` takes the first that works; the others take exactly that or fail. */
export const inferenceChoices = ['auto', 'none', 'ollama', 'demo'] as const;
export type InferenceChoice = (typeof inferenceChoices)[number];

/** Where the node of this install gets its answers from. */
export type InferencePath =
  /** Nowhere: prompts wait, and readiness says why. */
  | { readonly kind: 'none' }
  /** A service that runs already and is not ours. */
  | { readonly kind: 'ollama'; readonly url: string }
  /** A container the node starts and keeps. */
  | { readonly kind: 'container'; readonly image: string }
  /** The rule-based stand-in, a role of this stack. */
  | { readonly kind: 'demo' };

/** What an install remembers, so that later starts agree. */
export interface InferenceSettings {
  readonly choice: InferenceChoice;
  /** Base URL from `OLLAMA_BASE_URL`, of the last start that had one. */
  readonly ollamaUrl?: string | undefined;
  readonly path: InferencePath;
  /** A model somebody agreed to download that is not there yet. */
  readonly agreedModel?: string | undefined;
}

/** An Ollama that answers. */
export interface FoundOllama {
  readonly url: string;
  readonly version: string;
  /** Models on its disk. */
  readonly models: readonly string[];
}

/** What is found at the address of a model service. */
export type ServiceLook =
  | { readonly kind: 'ollama'; readonly found: FoundOllama }
  /** Nobody answers, which may pass; why, in a few words. */
  | { readonly kind: 'silent'; readonly why: string }
  /** Something else is there; what, as the rest of a sentence that begins with the address. */
  | { readonly kind: 'other'; readonly what: string };

/** Before anybody chose. */
export const unsettledInference: InferenceSettings = { choice: 'auto', path: { kind: 'none' } };

/** What fetches models for a path: a service, or the container of one; undefined where nothing does. */
function fetcherOf(path: InferencePath): string | undefined {
  if (path.kind === 'ollama') return `service ${path.url}`;
  return path.kind === 'container' ? `container ${path.image}` : undefined;
}

/**
 * The download that was agreed to and still counts once answers come from `path`: consent is for one service, and never
 * goes to another that is used later.
 */
export function agreedFor(
  { path: before, agreedModel }: InferenceSettings,
  path: InferencePath,
): string | undefined {
  const fetcher = fetcherOf(path);
  return fetcher !== undefined && fetcher === fetcherOf(before) ? agreedModel : undefined;
}

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

/** The model that is offered: the smallest the orchestrator takes by itself. */
export const smallestModel = 'qwen3.5:0.8b';

/** The one command that gets a model for the service that is there. */
export const pullCommand = `cynode model pull ${smallestModel}`;

/** The one command that replaces the demo model by a real one. */
export const realModelCommand = 'cynode up --inference ollama';

/** True when the command line or the environment asks for other inference than the install has. */
export function wantsOtherInference(
  inference: InferenceSettings,
  choice: InferenceChoice | undefined,
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  // Who says `auto` wants what is there now, not what was there at the last start.
  if (choice !== undefined && (choice === 'auto' || choice !== inference.choice)) return true;
  const url = trimEnd(env['OLLAMA_BASE_URL'] ?? '', '/');
  if (!url || !['auto', 'ollama'].includes(inference.choice)) return false;
  // A named service that was not there at the start may be there now.
  return url !== inference.ollamaUrl || ['demo', 'none'].includes(inference.path.kind);
}
