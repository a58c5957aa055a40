import type { ModelAvailability } from '@cynodeai/contracts/common';
import { limits } from '@cynodeai/contracts/common';
import type { PullProgress } from '@cynodeai/contracts/model';

/** Whether a text can name a model: registry, namespace, name and tag as model services spell them. */
export function isModelRef(text: string): boolean {
  return text.length <= limits.indexedTextChars && /^[A-Za-z0-9][\w.:/@-]*$/.test(text);
}

/** What a model service tells of a model on its disk. */
export interface ModelTraits {
  /** Bytes. */
  readonly sizeBytes?: number;
  /** In the words of the service, such as `completion` and `embedding`. */
  readonly capabilities?: readonly string[];
}

/** A model on the disk of a service. */
export interface FoundModel extends ModelTraits {
  /** In canonical form. */
  readonly ref: string;
  /** Changes with its content; absent where the service tells none. */
  readonly digest?: string;
  /** Kinds of models it descends from. */
  readonly families: readonly string[];
}

/** A model as the node knows it. See docs/reference/worker-api.md#models. */
export interface ModelState {
  readonly modelRef: string;
  readonly status: ModelAvailability;
  /** Why it failed; with `failed` only. */
  readonly error?: string;
  /** With `loading` only, once the service has said it. */
  readonly progress?: PullProgress;
  /** With `available` only. */
  readonly traits?: ModelTraits;
}

/** What a capability report says about inference. See docs/reference/nodes.md#capability-report. */
export interface InferenceFacts {
  readonly supported: boolean;
  readonly existingService: boolean;
  readonly running: boolean;
  /** The service would have some models computed by the cloud of its maker; undefined when it does not say. */
  readonly asksCloud: boolean | undefined;
  /** Where the service is that is relied upon or runs: no path, which may be private. */
  readonly serviceUrl: string | undefined;
  /** It computes on this machine. */
  readonly onThisHost: boolean;
  readonly models: readonly ModelState[];
}

/** What is told of a model beside its state, the same in reports and lists. */
export function traitsOnWire({ sizeBytes, capabilities }: ModelTraits = {}): {
  readonly size_bytes?: number;
  readonly capabilities?: string[];
} {
  return {
    ...(sizeBytes !== undefined && { size_bytes: sizeBytes }),
    ...(capabilities !== undefined && { capabilities: [...capabilities] }),
  };
}

/**
 * The model that jobs are told: of those that complete text the largest, the first by name where sizes are not known.
 * See docs/reference/sandbox.md#variables.
 */
export function modelForJobs(models: readonly ModelState[]): string | undefined {
  const able = models.filter(
    ({ status, traits }) =>
      status === 'available' && traits?.capabilities?.includes('completion') !== false,
  );
  const size = ({ traits }: ModelState): number => traits?.sizeBytes ?? 0;
  return able.toSorted((a, b) => size(b) - size(a)).at(0)?.modelRef;
}
