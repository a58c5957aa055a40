import { CodedError } from '@cynodeai/runtime/std';

/**
 * Why a model gives no answer: `not_found` (no such model), `not_supported` (this model cannot do it), `not_built` (it
 * was not made for that at all), `invalid` (the request makes no sense), `busy` (try again later), `failed` (anything
 * else).
 */
export type ModelErrorCode =
  'not_found' | 'not_supported' | 'not_built' | 'invalid' | 'busy' | 'failed';

/** A refusal by a model, in words for the caller. */
export class ModelError extends CodedError<ModelErrorCode> {}

/** The refusal of a model that is not here, worded as Ollama words it. */
export function modelNotFound(name: string): ModelError {
  return new ModelError('not_found', `model '${name}' not found`);
}
