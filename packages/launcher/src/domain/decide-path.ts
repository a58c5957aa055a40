import {
  type FoundOllama,
  type InferenceChoice,
  type InferencePath,
  realModelCommand,
} from './inference.ts';

/** What was found on this machine. */
export interface Findings {
  /** Where an Ollama of this host would answer. */
  readonly hostUrl: string;
  /** The one that answers there. */
  readonly host: FoundOllama | undefined;
  /** What `OLLAMA_BASE_URL` names, now or at an earlier start. */
  readonly configuredUrl: string | undefined;
  /** The Ollama that answers there. */
  readonly configured: FoundOllama | undefined;
  /** What the container engine of this install has stored. */
  readonly stored: {
    readonly image: string;
    readonly hasImage: boolean;
    readonly hasModel: boolean;
  };
  /** Models and images can be fetched from here. */
  readonly canDownload: boolean;
}

export interface Request {
  readonly choice: InferenceChoice;
  /** There is somebody to ask, who has not declined before. */
  readonly mayAsk: boolean;
}

/** What to do about inference. */
export type Decision =
  | { readonly kind: 'take'; readonly path: InferencePath; readonly note?: string }
  /** Ask, or be told beforehand, whether to download; `otherwise` when the answer is no. */
  | { readonly kind: 'offer'; readonly otherwise: Decision }
  | { readonly kind: 'refuse'; readonly reason: string };

const demoNote = `prompts are answered by cynode-demo, a rule-based stand-in, not a neural network; for a real model: ${realModelCommand}`;

/** An Ollama counts when it can answer: with a model, or with a way to get one. */
function usable(found: FoundOllama | undefined, canDownload: boolean): found is FoundOllama {
  return found !== undefined && (found.models.length > 0 || canDownload);
}

/** Why the demo model is taken, and how to get away from it. */
function demoReason({ configuredUrl, configured, host }: Findings): string {
  const empty = configured ?? host;
  if (empty !== undefined) return `Ollama at ${empty.url} has no model: ${demoNote}`;
  if (configuredUrl !== undefined) return `nothing answers at ${configuredUrl}: ${demoNote}`;
  return `no model was found: ${demoNote}`;
}

function nothingFound(findings: Findings): Decision {
  const empty = findings.configured ?? findings.host;
  const { configuredUrl } = findings;
  if (empty !== undefined) {
    return {
      kind: 'refuse',
      reason: `Ollama at ${empty.url} has no model and cannot download one from here; put one there with: ollama pull qwen3.5:0.8b`,
    };
  }
  const where = configuredUrl === undefined ? '' : `, none at OLLAMA_BASE_URL (${configuredUrl})`;
  return {
    kind: 'refuse',
    reason: `no Ollama answers at ${findings.hostUrl}${where}, and none can be downloaded from here; start one, or name it with OLLAMA_BASE_URL=http://HOST:11434`,
  };
}

/**
 * The first that works: an Ollama on this host, the configured one, a stored container; then a download if somebody
 * agrees; then the demo model. A person who demands Ollama gets the configured one first and never the demo model.
 */
export function decidePath(request: Request, findings: Findings | undefined): Decision {
  const { choice, mayAsk } = request;
  if (choice === 'none') return { kind: 'take', path: { kind: 'none' } };
  if (choice === 'demo' || findings === undefined) return { kind: 'take', path: { kind: 'demo' } };
  const { host, configured, stored, canDownload } = findings;
  const demanded = choice === 'ollama';
  const serving = demanded ? [configured, host] : [host, configured];
  const found = serving.find((candidate) => usable(candidate, canDownload));
  if (found !== undefined) return { kind: 'take', path: { kind: 'ollama', url: found.url } };
  const container = { kind: 'container', image: stored.image } as const;
  if (stored.hasImage && (stored.hasModel || (demanded && canDownload))) {
    return { kind: 'take', path: container };
  }
  const otherwise: Decision = demanded
    ? nothingFound(findings)
    : { kind: 'take', path: { kind: 'demo' }, note: demoReason(findings) };
  const offers = canDownload && (demanded || mayAsk);
  return offers ? { kind: 'offer', otherwise } : otherwise;
}
