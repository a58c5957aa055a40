import { defineRoute } from '../common/route.ts';
import {
  ollamaChatRequestSchema,
  ollamaGenerateRequestSchema,
  ollamaModelRequestSchema,
} from './ollama-requests.ts';
import { ollamaPsSchema, ollamaShowSchema } from './ollama-answers.ts';
import { ollamaStatusSchema, ollamaTagsSchema, ollamaVersionSchema } from './ollama.ts';

/** A model service takes what its callers have; the product's own stand-in does as well. */
const modelRequestBytes = 64 * 1024 * 1024;

/**
 * What the product calls of a model service, which speaks Ollama's protocol. Its refusals are no problem documents but
 * `{"error": "…"}` (`ollamaErrorSchema`).
 */
export const ollamaRoutes = {
  version: defineRoute({
    operation: 'ollama.version',
    method: 'GET',
    path: '/api/version',
    auth: 'none',
    summary: 'Version of the service',
    success: { 200: { kind: 'json', schema: ollamaVersionSchema } },
    errors: [],
  }),
  status: defineRoute({
    operation: 'ollama.status',
    method: 'GET',
    path: '/api/status',
    auth: 'none',
    summary: "Whether it asks its maker's cloud",
    success: { 200: { kind: 'json', schema: ollamaStatusSchema } },
    errors: [],
  }),
  tags: defineRoute({
    operation: 'ollama.tags',
    method: 'GET',
    path: '/api/tags',
    auth: 'none',
    summary: 'Models on disk',
    success: { 200: { kind: 'json', schema: ollamaTagsSchema } },
    errors: [],
  }),
  generate: defineRoute({
    operation: 'ollama.generate',
    method: 'POST',
    path: '/api/generate',
    auth: 'none',
    summary: 'Answer a prompt; lines of JSON (`ollamaGenerateSchema`, `ollamaErrorSchema`)',
    body: ollamaGenerateRequestSchema,
    bodyLimitBytes: modelRequestBytes,
    success: { 200: { kind: 'bytes' } },
    errors: [],
  }),
  chat: defineRoute({
    operation: 'ollama.chat',
    method: 'POST',
    path: '/api/chat',
    auth: 'none',
    summary: 'Answer messages; lines of JSON (`ollamaChatSchema`, `ollamaErrorSchema`)',
    body: ollamaChatRequestSchema,
    bodyLimitBytes: modelRequestBytes,
    success: { 200: { kind: 'bytes' } },
    errors: [],
  }),
  show: defineRoute({
    operation: 'ollama.show',
    method: 'POST',
    path: '/api/show',
    auth: 'none',
    summary: 'What a model is and can do',
    body: ollamaModelRequestSchema,
    bodyLimitBytes: modelRequestBytes,
    success: { 200: { kind: 'json', schema: ollamaShowSchema } },
    errors: [],
  }),
  ps: defineRoute({
    operation: 'ollama.ps',
    method: 'GET',
    path: '/api/ps',
    auth: 'none',
    summary: 'Models in memory',
    success: { 200: { kind: 'json', schema: ollamaPsSchema } },
    errors: [],
  }),
  pull: defineRoute({
    operation: 'ollama.pull',
    method: 'POST',
    path: '/api/pull',
    auth: 'none',
    summary: 'Fetch a model; lines of JSON (`ollamaPullLineSchema`) until `success`',
    body: ollamaModelRequestSchema,
    bodyLimitBytes: modelRequestBytes,
    success: { 200: { kind: 'bytes' } },
    errors: [],
  }),
} as const;
