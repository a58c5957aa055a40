import type { PullProgress } from '@cynodeai/contracts/model';
import type { InferenceContainer } from '../domain/inference/container.ts';
import type { FoundModel } from '../domain/inference/models.ts';

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

/**
 * One model service under one address; Ollama's API today.
 * See docs/reference/inference.md#model-service-of-a-node.
 */
export interface ModelBackend {
  /** Whether it answers; never rejects. */
  look(signal: AbortSignal): Promise<BackendLook>;
  /** Whether it has some models computed by the cloud of its maker; undefined when it does not say. Never rejects. */
  asksCloud(signal: AbortSignal): Promise<boolean | undefined>;
  /** Models it has, each with its tag, sorted by it. @throws Error when it does not answer or makes no sense */
  inventory(signal: AbortSignal): Promise<readonly FoundModel[]>;
  /** What one of them can do, in its own words; `unsaid` by an older service. @throws Error when it does not answer, or with 429 or 5xx */
  abilities(modelRef: string, signal: AbortSignal): Promise<readonly string[] | 'unsaid'>;
  /** Makes it fetch a model and resolves when it has it. @throws Error with the service's own words */
  pull(
    modelRef: string,
    onProgress: (progress: PullProgress) => void,
    signal: AbortSignal,
  ): Promise<void>;
}

/** An inference container of this node that exists, running or not. */
export interface FoundContainer {
  readonly name: string;
  readonly running: boolean;
  /** `fingerprint` of what it was made from; empty when it says none. */
  readonly fingerprint: string;
}

/** Why a container does not run. */
export interface ContainerEnd {
  readonly exitCode: number | undefined;
  /** Last line it wrote; empty when there is none. */
  readonly lastWords: string;
}

/**
 * Runs the node's own inference container. See docs/reference/inference.md#model-service-of-a-node.
 */
export interface InferenceEngine {
  /** Why this engine cannot publish a container on this host, with the fix; undefined when it can. */
  obstacle(): Promise<string | undefined>;
  /** Inference containers of this node and of no other. @throws WorkerError `engine_unusable` */
  find(nodeSlug: string): Promise<readonly FoundContainer[]>;
  /**
   * Fetches the image when it is missing, makes the volume when it is missing and starts the container; resolves when
   * it runs, whether it answers or not. Nothing is left of it when it rejects.
   * @throws WorkerError `image_unavailable`, `engine_unusable`
   */
  start(container: InferenceContainer, signal: AbortSignal): Promise<void>;
  /** How a container ended; undefined while it runs. @throws WorkerError `engine_unusable` */
  ended(name: string): Promise<ContainerEnd | undefined>;
  /** Stops and removes it; its volume stays. @throws WorkerError `container_resists` */
  remove(name: string, graceSeconds: number): Promise<void>;
}
