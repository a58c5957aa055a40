import type { PullProgress } from '@cynodeai/contracts/model';
import type { ModelState, ModelTraits } from '../../domain/inference/models.ts';

/** Models remembered besides those that are there: failed ones and evicted ones, each. */
const remembered = 200;

/** Adds to the end; the oldest goes when there are too many. */
function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  const oldest = map.keys().next();
  if (map.size > remembered && oldest.done !== true) map.delete(oldest.value);
}

/**
 * What the node knows of each model: there, being fetched, failed, or gone after it was there.
 * See docs/reference/worker-api.md#models.
 */
export class ModelCatalogue {
  #available: ReadonlySet<string> = new Set();
  #traits: ReadonlyMap<string, ModelTraits> = new Map();
  readonly #loading = new Map<string, PullProgress | undefined>();
  readonly #failed = new Map<string, string>();
  readonly #evicted = new Map<string, true>();

  /** Takes over what the service has now, and what it tells of it. */
  setAvailable(
    refs: readonly string[],
    traits: ReadonlyMap<string, ModelTraits> = new Map(),
  ): void {
    this.#traits = traits;
    const next = new Set(refs);
    for (const ref of this.#available) if (!next.has(ref)) remember(this.#evicted, ref, true);
    for (const ref of next) {
      this.#evicted.delete(ref);
      this.#failed.delete(ref);
    }
    this.#available = next;
  }

  isAvailable(ref: string): boolean {
    return this.#available.has(ref);
  }

  isLoading(ref: string): boolean {
    return this.#loading.has(ref);
  }

  beginLoading(ref: string): void {
    this.#failed.delete(ref);
    this.#loading.set(ref, undefined);
  }

  /** Notes how far a load is; a figure that fell back, as when a part begins anew, is taken as it is. */
  noteProgress(ref: string, progress: PullProgress): void {
    if (this.#loading.has(ref)) this.#loading.set(ref, progress);
  }

  /** The load is over: well, or with the reason. */
  endLoading(ref: string, error?: string): void {
    this.#loading.delete(ref);
    if (error === undefined) {
      this.#available = new Set([...this.#available, ref]);
      this.#evicted.delete(ref);
      return;
    }
    remember(this.#failed, ref, error);
  }

  /** Every model once, sorted by name. */
  list(): readonly ModelState[] {
    const states = new Map<string, ModelState>();
    for (const modelRef of this.#evicted.keys()) {
      states.set(modelRef, { modelRef, status: 'evicted' });
    }
    for (const [modelRef, error] of this.#failed) {
      states.set(modelRef, { modelRef, status: 'failed', error });
    }
    for (const [modelRef, progress] of this.#loading) {
      states.set(modelRef, { modelRef, status: 'loading', ...(progress && { progress }) });
    }
    for (const modelRef of this.#available) {
      const traits = this.#traits.get(modelRef);
      states.set(modelRef, { modelRef, status: 'available', ...(traits && { traits }) });
    }
    return [...states.values()].toSorted((a, b) => (a.modelRef < b.modelRef ? -1 : 1));
  }
}
