import { z } from 'zod';
import { versionedBodyErrors } from '../common/body-errors.ts';
import { limits } from '../common/limits.ts';
import { modelAvailabilitySchema } from '../common/model-availability.ts';
import { textSchema, payloadVersionSchema } from '../common/primitives.ts';
import { defineRoute } from '../common/route.ts';

/**
 * What untrusted code may ask of a model service; everything else is refused.
 * See docs/reference/sandbox.md#relay.
 */
export const inferencePaths: ReadonlySet<string> = new Set([
  '/',
  '/api/version',
  '/api/tags',
  '/api/ps',
  '/api/show',
  '/api/generate',
  '/api/chat',
  '/api/embed',
  '/api/embeddings',
  '/v1/models',
  '/v1/chat/completions',
  '/v1/completions',
  '/v1/embeddings',
  '/v1/responses',
  '/v1/messages',
]);

/** `/v1/models/NAME`, which is open too; the name without escapes. */
export const oneModelPath = /^\/v1\/models\/(?<model>[A-Za-z0-9][\w.:-]*)$/;

/** Limits of one request through the inference relay. See docs/reference/sandbox.md#relay. */
export const inferenceLimits = {
  requestBytes: 10 * 1024 * 1024,
  /** Of a job's request. */
  requestSeconds: 120,
  /** Of a call of the orchestrator, which watches the model's silence by itself and stays below this. */
  callSeconds: 3700,
} as const;

/**
 * Where the inference relay of the Worker API begins; the path behind it goes to the model service.
 * See docs/reference/worker-api.md#inference-relay.
 */
export const inferenceRelayPrefix = '/v1/worker/inference/proxy';

const modelRefSchema = textSchema.min(1).max(limits.indexedTextChars);

/** Body of `models:load`. See docs/reference/worker-api.md#models. */
export const loadModelRequestSchema = z.strictObject({
  version: payloadVersionSchema,
  model_ref: modelRefSchema,
});

/** 200 when the model is there, 202 while it is being loaded. */
export const loadModelResponseSchema = z.object({
  version: payloadVersionSchema,
  model_ref: z.string(),
  status: z.enum(['available', 'loading']),
});

/** Models of a node's service and those it was asked to load. */
export const modelListSchema = z.object({
  version: payloadVersionSchema,
  models: z.array(
    z.object({
      model_ref: z.string(),
      status: modelAvailabilitySchema,
      error: z.string().optional(),
      /** How much of it is fetched while it is `loading`, where the model service tells. */
      completed_bytes: z.int().nonnegative().optional(),
      total_bytes: z.int().nonnegative().optional(),
      /** On the disk of the service, and what the model can do; with `available`, where the service says so. */
      size_bytes: z.int().nonnegative().optional(),
      capabilities: z.array(z.string()).optional(),
    }),
  ),
});

export type LoadModelRequest = z.infer<typeof loadModelRequestSchema>;
export type LoadModelResponse = z.infer<typeof loadModelResponseSchema>;
export type ModelList = z.infer<typeof modelListSchema>;

/** Models of a node. See docs/reference/worker-api.md#models. */
export const inferenceRoutes = {
  loadModel: defineRoute({
    operation: 'worker.models.load',
    method: 'POST',
    path: '/v1/worker/inference/models:load',
    auth: 'worker',
    summary: 'Make a model available on this node; 202 while it is being loaded',
    body: loadModelRequestSchema,
    success: {
      200: { kind: 'json', schema: loadModelResponseSchema },
      202: { kind: 'json', schema: loadModelResponseSchema },
    },
    errors: [...versionedBodyErrors, 'authentication', 'inference_unavailable', 'node_not_ready'],
  }),
  listModels: defineRoute({
    operation: 'worker.models.list',
    method: 'GET',
    path: '/v1/worker/inference/models',
    auth: 'worker',
    summary: 'Models of this node and their state',
    success: { 200: { kind: 'json', schema: modelListSchema } },
    errors: ['authentication', 'inference_unavailable', 'node_not_ready'],
  }),
} as const;
