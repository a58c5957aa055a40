import { canonicalModel } from '@cynodeai/contracts/model';
import { ModelError, modelNotFound } from '../../domain/model-error.ts';
import type { ModelBackend, ModelCard } from '../../ports/model-backend.ts';

/** The model a request names, with or without its tag. @throws ModelError `invalid`, `not_found` */
export function findModel(
  backend: ModelBackend,
  ...names: (string | null | undefined)[]
): ModelCard {
  const name = names.find((candidate) => (candidate ?? '') !== '');
  if (typeof name !== 'string') throw new ModelError('invalid', 'model is required');
  const card = backend.models().find((model) => model.name === canonicalModel(name));
  if (card === undefined) throw modelNotFound(name);
  return card;
}
