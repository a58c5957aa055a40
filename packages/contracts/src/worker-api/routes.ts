import { z } from 'zod';
import { uuidSchema } from '../common/primitives.ts';
import { defineRoute } from '../common/route.ts';
import { healthRoutes } from '../common/health.ts';
import { loadModelRequestSchema, loadModelResponseSchema, modelListSchema } from './inference.ts';
import {
  ackJobRequestSchema,
  jobAcceptedSchema,
  runJobRequestSchema,
  runJobResultSchema,
  workerJobSchema,
} from './run-job.ts';
import {
  stopAllRequestSchema,
  stopAllResponseSchema,
  stopJobRequestSchema,
  stopJobResponseSchema,
} from './stop-job.ts';

const jobRef = z.object({ job_id: uuidSchema });

/** The Worker API. Paths hold literal colons. Contract 03 section 5.2. */
export const workerApiRoutes = {
  healthz: healthRoutes.healthz,
  /** Unlike the orchestrator's servers a node gives its reason as plain text. Contract 03 section 5.3. */
  readyz: defineRoute({
    operation: 'health.readyz',
    method: 'GET',
    path: '/readyz',
    auth: 'none',
    summary: 'Answers `ready`, or 503 with a short reason such as `not ready: container runtime`',
    success: { 200: { kind: 'text' }, 503: { kind: 'text' } },
    errors: [],
  }),
  openapi: defineRoute({
    operation: 'meta.openapi',
    method: 'GET',
    path: '/v1/openapi.json',
    auth: 'worker',
    summary: 'This API as an OpenAPI 3.1 document',
    success: { 200: { kind: 'json', schema: z.record(z.string(), z.unknown()) } },
    errors: ['authentication'],
  }),
  runJob: defineRoute({
    operation: 'worker.jobs.run',
    method: 'POST',
    path: '/v1/worker/jobs:run',
    auth: 'worker',
    summary: 'Run one job in a sandbox and answer when it has ended',
    body: runJobRequestSchema,
    success: {
      200: { kind: 'json', schema: runJobResultSchema },
      202: { kind: 'json', schema: jobAcceptedSchema },
    },
    errors: [
      'validation',
      'unsupported_payload_version',
      'authentication',
      'node_policy_refused',
      'job_conflict',
      'payload_too_large',
      'unsupported_media_type',
      'node_at_capacity',
      'internal',
      'node_not_ready',
      'node_shutting_down',
      'inference_unavailable',
    ],
  }),
  stopJob: defineRoute({
    operation: 'worker.jobs.stop',
    method: 'POST',
    path: '/v1/worker/jobs:stop',
    auth: 'worker',
    summary: 'Stop a running job: SIGTERM, grace, kill',
    body: stopJobRequestSchema,
    success: {
      200: { kind: 'json', schema: stopJobResponseSchema },
      202: { kind: 'json', schema: stopJobResponseSchema },
    },
    errors: [
      'validation',
      'unsupported_payload_version',
      'authentication',
      'payload_too_large',
      'unsupported_media_type',
    ],
  }),
  getJob: defineRoute({
    operation: 'worker.jobs.get',
    method: 'GET',
    path: '/v1/worker/jobs/{job_id}',
    auth: 'worker',
    summary: 'State of a job and, once it has ended, its result until it is acknowledged',
    params: jobRef,
    success: { 200: { kind: 'json', schema: workerJobSchema } },
    errors: ['validation', 'authentication', 'not_found'],
  }),
  ackJob: defineRoute({
    operation: 'worker.jobs.ack',
    method: 'POST',
    path: '/v1/worker/jobs/{job_id}:ack',
    auth: 'worker',
    summary: 'The result is stored elsewhere; the node may drop its copy. Repeating it is harmless',
    params: jobRef,
    body: ackJobRequestSchema,
    success: { 204: { kind: 'empty' } },
    errors: [
      'validation',
      'unsupported_payload_version',
      'authentication',
      'not_found',
      'job_conflict',
      'payload_too_large',
      'unsupported_media_type',
    ],
  }),
  stopAll: defineRoute({
    operation: 'worker.admin.stop-all',
    method: 'POST',
    path: '/v1/worker/admin/stop-all-orchestrator-directed',
    auth: 'worker',
    summary: 'Stop every job the orchestrator started here',
    body: stopAllRequestSchema,
    success: { 200: { kind: 'json', schema: stopAllResponseSchema } },
    errors: [
      'validation',
      'unsupported_payload_version',
      'authentication',
      'payload_too_large',
      'unsupported_media_type',
    ],
  }),
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
    errors: [
      'validation',
      'unsupported_payload_version',
      'authentication',
      'payload_too_large',
      'unsupported_media_type',
      'inference_unavailable',
      'node_not_ready',
    ],
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
