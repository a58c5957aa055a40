import { guessedCapabilities } from '@cynodeai/contracts/common';
import type { FoundModel, ModelTraits } from '../../domain/inference/models.ts';
import type { ModelBackend } from '../../ports/inference.ts';

/** How long one round of questions may take, ms; what is left is asked in the next. */
const roundMs = 5000;
/** Questions at a time: the service may be busy with an answer. */
const atOnce = 4;

/** What the models of a service can do; each is asked about once, and anew when its content changed. */
export class ModelAbilities {
  #known = new Map<string, readonly string[]>();

  /** Traits of all that are there, by name; one that could not be asked about yet has no capabilities. Never rejects. */
  async of(
    backend: Pick<ModelBackend, 'abilities'>,
    models: readonly FoundModel[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, ModelTraits>> {
    const keyOf = ({ ref, digest = '' }: FoundModel): string => `${ref} ${digest}`;
    const known = new Map<string, readonly string[]>();
    for (const model of models) {
      const before = model.capabilities ?? this.#known.get(keyOf(model));
      if (before !== undefined) known.set(keyOf(model), before);
    }
    const open = models.filter((model) => !known.has(keyOf(model)));
    const stop = AbortSignal.any([signal, AbortSignal.timeout(roundMs)]);
    const ask = async (): Promise<void> => {
      for (let model = open.shift(); model !== undefined; model = open.shift()) {
        const said = await backend.abilities(model.ref, stop);
        known.set(
          keyOf(model),
          said === 'unsaid' ? guessedCapabilities(model.ref, model.families) : said,
        );
      }
    };
    if (open.length > 0) await Promise.allSettled(Array.from({ length: atOnce }, ask));
    // What is gone from the service is forgotten with it.
    this.#known = known;
    return new Map(
      models.map((model) => {
        const capabilities = known.get(keyOf(model));
        const { sizeBytes } = model;
        const traits = {
          ...(sizeBytes !== undefined && { sizeBytes }),
          ...(capabilities !== undefined && { capabilities }),
        };
        return [model.ref, traits];
      }),
    );
  }
}
