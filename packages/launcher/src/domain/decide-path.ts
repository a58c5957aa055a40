import {
  type FoundOllama,
  type InferenceChoice,
  type InferencePath,
  type ServiceLook,
  pullCommand,
  realModelCommand,
} from './inference.ts';

/** What `OLLAMA_BASE_URL` names, now or at an earlier start, and what is there. */
export interface NamedService {
  readonly url: string;
  readonly look: ServiceLook;
}

/** What was found on this machine. */
export interface Findings {
  /** Where an Ollama of this host would answer. */
  readonly hostUrl: string;
  /** The one that answers there. */
  readonly host: FoundOllama | undefined;
  /** A service somebody named: it is demanded. */
  readonly named: NamedService | undefined;
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
  /**
   * Ask, or be told beforehand, whether to download: a service with a model, or only a model for the one that is
   * there; `otherwise` when the answer is no.
   */
  | {
      readonly kind: 'offer';
      readonly gets: 'service' | 'model';
      readonly path: InferencePath;
      readonly otherwise: Decision;
    }
  | { readonly kind: 'refuse'; readonly reason: string };

const demoNote = `prompts are answered by cynode-demo, a rule-based stand-in, not a neural network; for a real model: ${realModelCommand}`;

/** How somebody leaves an address that was named. */
const elsewhere =
  'name another with OLLAMA_BASE_URL=http://HOST:11434, or have one chosen without it: cynode up --inference auto';

/** A model for a service that has none. */
function offerModel(path: InferencePath, otherwise: Decision): Decision {
  return { kind: 'offer', gets: 'model', path, otherwise };
}

/**
 * A named service is used or refused, never replaced: what passes by itself is waited for, what does not is told.
 */
function decideNamed({ url, look }: NamedService, canOffer: boolean): Decision {
  const path = { kind: 'ollama', url } as const;
  switch (look.kind) {
    case 'ollama': {
      if (look.found.models.length > 0) return { kind: 'take', path };
      const note = `Ollama at ${url} has no model, so that prompts wait; get one with: ${pullCommand}`;
      const take: Decision = { kind: 'take', path, note };
      return canOffer ? offerModel(path, take) : take;
    }
    case 'silent':
      return {
        kind: 'take',
        path,
        note: `nothing answers at ${url}, which OLLAMA_BASE_URL names or named (${look.why}): prompts wait until a model service does; start it, or ${elsewhere}`,
      };
    case 'other':
      return {
        kind: 'refuse',
        reason: `OLLAMA_BASE_URL names ${url}, and what is there ${look.what}; ${elsewhere}`,
      };
  }
}

/** Why the demo model is taken, and how to get away from it. */
function demoReason({ host }: Findings): string {
  if (host === undefined) return `no model was found: ${demoNote}`;
  return `Ollama at ${host.url} has no model (get one with: ${pullCommand}): ${demoNote}`;
}

function nothingFound({ host, hostUrl }: Findings): Decision {
  if (host !== undefined) {
    return {
      kind: 'refuse',
      reason: `Ollama at ${host.url} has no model and cannot download one from here; put one there with: ollama pull qwen3.5:0.8b`,
    };
  }
  return {
    kind: 'refuse',
    reason: `no Ollama answers at ${hostUrl}, and none can be downloaded from here; start one, or name it with OLLAMA_BASE_URL=http://HOST:11434`,
  };
}

/** Without a named service: what runs on this host, a stored container, a download if somebody agrees. */
function decideUnnamed(findings: Findings, demanded: boolean, mayAsk: boolean): Decision {
  const { host, stored, canDownload } = findings;
  const here = host && ({ kind: 'ollama', url: host.url } as const);
  if (here !== undefined && host !== undefined && host.models.length > 0) {
    return { kind: 'take', path: here };
  }
  const container = { kind: 'container', image: stored.image } as const;
  if (stored.hasImage && stored.hasModel) return { kind: 'take', path: container };
  const otherwise: Decision = demanded
    ? nothingFound(findings)
    : { kind: 'take', path: { kind: 'demo' }, note: demoReason(findings) };
  if (!canDownload || !(demanded || mayAsk)) return otherwise;
  if (here !== undefined) return offerModel(here, otherwise);
  if (stored.hasImage && demanded) return offerModel(container, otherwise);
  return { kind: 'offer', gets: 'service', path: container, otherwise };
}

/**
 * A service that was named is demanded. Without one the first that works: an Ollama on this host, a stored container;
 * then a download if somebody agrees; then the demo model, which never stands in for an Ollama that was demanded.
 */
export function decidePath(request: Request, findings: Findings | undefined): Decision {
  const { choice, mayAsk } = request;
  if (choice === 'none') return { kind: 'take', path: { kind: 'none' } };
  if (choice === 'demo' || findings === undefined) return { kind: 'take', path: { kind: 'demo' } };
  const { named, canDownload } = findings;
  const demanded = choice === 'ollama';
  if (named !== undefined) return decideNamed(named, canDownload && (mayAsk || demanded));
  return decideUnnamed(findings, demanded, mayAsk);
}
