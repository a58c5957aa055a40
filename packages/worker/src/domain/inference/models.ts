import type { ModelAvailability } from '@cynodeai/contracts/common';
import { limits } from '@cynodeai/contracts/common';

/** Whether a text can name a model: registry, namespace, name and tag as model services spell them. */
export function isModelRef(text: string): boolean {
  return text.length <= limits.indexedTextChars && /^[A-Za-z0-9][\w.:/@-]*$/.test(text);
}

/** How far the download of a model is. */
export interface PullProgress {
  readonly completedBytes: number;
  /** Known sizes only: grows while the service finds out what there is to fetch. */
  readonly totalBytes: number;
}

/** A model as the node knows it. See docs/reference/worker-api.md#models. */
export interface ModelState {
  readonly modelRef: string;
  readonly status: ModelAvailability;
  /** Why it failed; with `failed` only. */
  readonly error?: string;
  /** With `loading` only, once the service has said it. */
  readonly progress?: PullProgress;
}

/** What a capability report says about inference. See docs/reference/nodes.md#capability-report. */
export interface InferenceFacts {
  readonly supported: boolean;
  readonly existingService: boolean;
  readonly running: boolean;
  /** The service would have some models computed by the cloud of its maker; undefined when it does not say. */
  readonly asksCloud: boolean | undefined;
  readonly models: readonly ModelState[];
}
