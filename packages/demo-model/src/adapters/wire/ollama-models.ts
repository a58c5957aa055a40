import { canonicalModel, ollamaModelRequestSchema } from '@cynodeai/contracts/model';
import type { z } from 'zod';
import { ModelError, modelNotFound } from '../../domain/model-error.ts';
import type { ModelBackend, ModelCard } from '../../ports/model-backend.ts';
import { type ModelCall, sendJson } from './model-call.ts';
import { findModel } from './model-names.ts';
import { parseBody } from './parse-body.ts';

function details(card: ModelCard): object {
  return {
    parent_model: '',
    format: card.format,
    family: card.family,
    families: [card.family],
    parameter_size: card.parameterSize,
    quantization_level: card.quantization,
  };
}

/** `GET /api/version`. */
export function ollamaVersion(call: ModelCall, backend: ModelBackend): void {
  sendJson(call, 200, { version: backend.version });
}

/** `GET /api/tags`: what is on disk. */
export function ollamaTags(call: ModelCall, backend: ModelBackend): void {
  const models = backend.models().map((card) => ({
    name: card.name,
    model: card.name,
    modified_at: card.modifiedAt.toISOString(),
    size: card.size,
    digest: card.digest,
    details: details(card),
    ...(card.remoteHost !== undefined && {
      remote_model: card.name,
      remote_host: card.remoteHost,
    }),
  }));
  sendJson(call, 200, { models });
}

/** `GET /api/ps`: what is in memory. */
export function ollamaPs(call: ModelCall, backend: ModelBackend): void {
  const cards = new Map(backend.models().map((card) => [card.name, card]));
  const models = backend.loaded().flatMap(({ name, expiresAt }) => {
    const card = cards.get(name);
    if (card === undefined) return [];
    return {
      name,
      model: name,
      size: card.size,
      digest: card.digest,
      details: details(card),
      expires_at: expiresAt.toISOString(),
      size_vram: 0,
      context_length: card.contextLength,
    };
  });
  sendJson(call, 200, { models });
}

/** Only here a model that is missing is told by its full name. */
function shownModel(
  backend: ModelBackend,
  { model, name }: z.infer<typeof ollamaModelRequestSchema>,
): ModelCard {
  try {
    return findModel(backend, model, name);
  } catch (error) {
    const isMissing = error instanceof ModelError && error.code === 'not_found';
    throw isMissing ? modelNotFound(canonicalModel(model || name || '')) : error;
  }
}

/** `POST /api/show`. */
export function ollamaShow(call: ModelCall, backend: ModelBackend): void {
  const body = parseBody(call, ollamaModelRequestSchema);
  const card = shownModel(backend, body);
  sendJson(call, 200, {
    license: card.license,
    modelfile: `# Modelfile of ${card.name}\nFROM ${card.name}\nSYSTEM """${card.system}"""\n`,
    parameters: '',
    template: '{{ .Prompt }}',
    system: card.system,
    details: details(card),
    model_info: {
      'general.architecture': card.family,
      [`${card.family}.context_length`]: card.contextLength,
    },
    capabilities: card.capabilities,
    modified_at: card.modifiedAt.toISOString(),
  });
}
