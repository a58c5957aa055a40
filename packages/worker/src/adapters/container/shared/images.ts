import { WorkerError } from '../../../domain/errors.ts';

/** Time a pull or an import may take, in ms. See docs/reference/worker-api.md#time-limits. */
export const pullLimitMs = 600_000;

/** @throws WorkerError `image_unavailable` for an image that no registry can have */
export function requirePullable(ref: string): void {
  if (!ref.startsWith('localhost/')) return;
  throw new WorkerError(
    'image_unavailable',
    `image ${ref} is not present on this node and names no registry`,
  );
}

/** How an engine is asked for images. */
export interface ImageSource {
  readonly has: (ref: string) => Promise<boolean>;
  /** @throws WorkerError `image_unavailable` */
  readonly pull: (ref: string, signal?: AbortSignal) => Promise<void>;
}

/** Images known to be present, so that a job asks the engine nothing. */
export class ImageCache {
  readonly #present = new Set<string>();
  readonly #source: ImageSource;

  constructor(source: ImageSource) {
    this.#source = source;
  }

  /** @throws WorkerError `image_unavailable` */
  async ensure(ref: string, signal?: AbortSignal): Promise<void> {
    if (await this.has(ref)) return;
    await this.#source.pull(ref, signal);
    this.#present.add(ref);
  }

  /** Whether the image is present. */
  async has(ref: string): Promise<boolean> {
    if (this.#present.has(ref)) return true;
    if (!(await this.#source.has(ref))) return false;
    this.#present.add(ref);
    return true;
  }

  /** A run found the image missing. */
  forget(ref: string): void {
    this.#present.delete(ref);
  }
}
