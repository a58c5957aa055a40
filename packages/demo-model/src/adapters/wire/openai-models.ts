import type { ModelBackend, ModelCard } from '../../ports/model-backend.ts';
import { type ModelCall, sendJson } from './model-call.ts';
import { findModel } from './model-names.ts';

function modelObject({ name, modifiedAt }: ModelCard): object {
  return {
    id: name,
    object: 'model',
    created: Math.floor(modifiedAt.getTime() / 1000),
    owned_by: 'library',
  };
}

/** `GET /v1/models`. */
export function openAiModels(call: ModelCall, backend: ModelBackend): void {
  sendJson(call, 200, { object: 'list', data: backend.models().map(modelObject) });
}

/** `GET /v1/models/{model}`. */
export function openAiModel(call: ModelCall, backend: ModelBackend, encoded: string): void {
  sendJson(call, 200, modelObject(findModel(backend, decoded(encoded))));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // No model has a name that cannot be decoded.
    return text;
  }
}
