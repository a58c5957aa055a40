import { ollamaEmbedRequestSchema } from '@cynodeai/contracts/model';
import { ModelError } from '../../domain/model-error.ts';
import type { ModelBackend } from '../../ports/model-backend.ts';
import type { ModelCall } from './model-call.ts';
import { findModel } from './model-names.ts';
import { parseBody } from './parse-body.ts';

/** `POST /api/embed`, `/api/embeddings`, `/v1/embeddings`: no model here has vectors, and made-up ones would lie. */
export function refuseEmbed(call: ModelCall, backend: ModelBackend): never {
  const body = parseBody(call, ollamaEmbedRequestSchema);
  const { name } = findModel(backend, body.model);
  throw new ModelError('not_built', `"${body.model ?? name}" does not support embeddings`);
}
