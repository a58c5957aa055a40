import type { PullProgress } from '../domain/inference/models.ts';

/** The node's model service, whoever started it. */
export interface InferenceService {
  /** Base URL of the service that answers now, without a trailing slash; undefined while none does. */
  upstream(): string | undefined;
}

/**
 * What a look at a model service finds: it answers; nothing listens or something else does; or it did not answer in
 * time, which says nothing about a service that is busy.
 */
export type BackendLook = 'answers' | 'absent' | 'slow';

/** One model service under one address; Ollama's API today. Contract 03 section 8.4. */
export interface ModelBackend {
  /** Whether it answers; never rejects. */
  look(signal: AbortSignal): Promise<BackendLook>;
  /** Models it has, each with its tag, sorted. @throws Error when it does not answer or makes no sense */
  models(signal: AbortSignal): Promise<readonly string[]>;
  /** Makes it fetch a model and resolves when it has it. @throws Error with the service's own words */
  pull(
    modelRef: string,
    onProgress: (progress: PullProgress) => void,
    signal: AbortSignal,
  ): Promise<void>;
}
