import { canonicalModel, isCloudModel } from '@cynodeai/contracts/model';
import type { Log } from '@cynodeai/runtime/observe';
import { messageOf } from '@cynodeai/runtime/std';
import { WorkerError } from '../../domain/errors.ts';
import { type ModelState, isModelRef } from '../../domain/inference/models.ts';
import type { ModelBackend } from '../../ports/inference.ts';
import { ModelAbilities } from './model-abilities.ts';
import { ModelCatalogue } from './model-catalogue.ts';

export interface ModelLoadsDeps {
  /** The service that answers now. */
  readonly backend: () => ModelBackend | undefined;
  readonly log: Log;
  /** Called when a model's state changed; progress alone is none. */
  readonly onChange: () => void;
  /** Ends downloads. */
  readonly signal: AbortSignal;
}

function unavailable(cause?: unknown): WorkerError {
  return new WorkerError(
    'inference_unavailable',
    'no model service answers on this node; see its log for the reason',
    cause === undefined ? {} : { cause },
  );
}

/**
 * The node's models: lists them and fetches those it is asked for, one download per model.
 * See docs/reference/worker-api.md#models.
 */
export class ModelLoads {
  readonly #deps: ModelLoadsDeps;
  readonly #catalogue = new ModelCatalogue();
  readonly #abilities = new ModelAbilities();

  constructor(deps: ModelLoadsDeps) {
    this.#deps = deps;
  }

  /** What is known without asking the service. */
  known(): readonly ModelState[] {
    return this.#catalogue.list();
  }

  /** Reads anew what `backend` has. @throws Error when it gives no list */
  async refresh(backend: ModelBackend, signal: AbortSignal): Promise<void> {
    const before = this.#states();
    const models = await backend.inventory(signal);
    const traits = await this.#abilities.of(backend, models, signal);
    this.#catalogue.setAvailable(
      models.map(({ ref }) => ref),
      traits,
    );
    if (this.#states() !== before) this.#deps.onChange();
  }

  /** Every model and its state now. @throws WorkerError `inference_unavailable` */
  async list(): Promise<readonly ModelState[]> {
    await this.#current();
    return this.known();
  }

  /**
   * Says whether a model is there; when it is not, a download is under way afterwards.
   * @throws WorkerError `validation`, `inference_unavailable`
   */
  async load(modelRef: string): Promise<'available' | 'loading'> {
    if (!isModelRef(modelRef)) {
      throw new WorkerError('validation', 'model_ref must name a model, such as qwen3:8b');
    }
    if (isCloudModel(modelRef)) {
      const message =
        'model_ref must name a model that runs here: one that ends in cloud is asked elsewhere';
      throw new WorkerError('validation', message);
    }
    const backend = await this.#current();
    const ref = canonicalModel(modelRef);
    if (this.#catalogue.isAvailable(ref)) return 'available';
    if (!this.#catalogue.isLoading(ref)) {
      this.#catalogue.beginLoading(ref);
      this.#deps.onChange();
      void this.#pull(backend, ref, modelRef);
    }
    return 'loading';
  }

  async #current(): Promise<ModelBackend> {
    const backend = this.#deps.backend();
    if (backend === undefined) throw unavailable();
    try {
      await this.refresh(backend, this.#deps.signal);
    } catch (cause) {
      throw unavailable(cause);
    }
    return backend;
  }

  /** @param spelled the name as it was asked for: other registries may mind its case */
  async #pull(backend: ModelBackend, ref: string, spelled: string): Promise<void> {
    const { log, signal } = this.#deps;
    // Its name is text of a request and stays out of the log; the list of models has it.
    log.info('fetching a model');
    try {
      await backend.pull(
        spelled,
        (progress) => this.#catalogue.noteProgress(ref, progress),
        signal,
      );
      await this.#endLoading(backend, ref);
      log.info('the model is available');
    } catch (error) {
      const reason = messageOf(error);
      this.#catalogue.endLoading(ref, reason);
      if (!signal.aborted) log.warn('the model could not be fetched', { reason });
    }
    this.#deps.onChange();
  }

  /** What a load brought is what the list says, not what was asked for. @throws Error when it is not listed */
  async #endLoading(backend: ModelBackend, ref: string): Promise<void> {
    const { signal } = this.#deps;
    const found = await backend.inventory(signal).catch(() => undefined);
    if (found !== undefined && !found.some((model) => model.ref === ref)) {
      throw new Error(`the model service says that it fetched ${ref}, and does not list it`);
    }
    this.#catalogue.endLoading(ref);
    await this.refresh(backend, signal).catch(() => {});
  }

  /** What a report would say. */
  #states(): string {
    return JSON.stringify(
      this.known().map(({ modelRef, status, traits }) => [modelRef, status, traits]),
    );
  }
}
