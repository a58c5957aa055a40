import { z } from 'zod';
import { versionedBodyErrors } from '../common/body-errors.ts';
import { defineRoute } from '../common/route.ts';
import { healthRoutes } from '../common/health.ts';
import { nodeBootstrapPayloadSchema } from './bootstrap.ts';
import { nodeCapabilityReportSchema, nodeRegistrationRequestSchema } from './capability.ts';
import { nodeConfigAckSchema } from './config-ack.ts';
import { nodeConfigurationPayloadSchema } from './config.ts';
import { nodeChallengeSchema } from './identity.ts';
import { agentInferenceRoutes } from './inference.ts';
import { nodeJoinAnswerSchema, nodeJoinRequestSchema } from './join.ts';
import { workflowRoutes } from './workflow.ts';

/** A whole capability report: far more than any has, bytes. */
const reportBytes = 256 * 1024;

/**
 * The control-plane's HTTP surface. Nodes know only the registration route; the others reach them
 * as URLs in the bootstrap payload. See docs/reference/nodes.md#calls-of-a-node.
 */
export const controlPlaneRoutes = {
  ...healthRoutes,
  openapi: defineRoute({
    operation: 'meta.openapi',
    method: 'GET',
    path: '/v1/openapi.json',
    auth: 'none',
    summary: 'This API as an OpenAPI 3.1 document',
    success: { 200: { kind: 'json', schema: z.record(z.string(), z.unknown()) } },
    errors: [],
  }),
  registerNode: defineRoute({
    operation: 'nodes.register',
    method: 'POST',
    path: '/v1/nodes/register',
    auth: 'psk',
    summary: 'Register a node; 200 when it was known before, 202 when it must prove that first',
    body: nodeRegistrationRequestSchema,
    bodyLimitBytes: reportBytes,
    success: {
      200: { kind: 'json', schema: nodeBootstrapPayloadSchema },
      201: { kind: 'json', schema: nodeBootstrapPayloadSchema },
      202: { kind: 'json', schema: nodeChallengeSchema },
    },
    errors: [...versionedBodyErrors, 'authentication', 'authorization', 'rate_limit'],
  }),
  joinNode: defineRoute({
    operation: 'nodes.join',
    method: 'POST',
    path: '/v1/nodes/join',
    auth: 'psk',
    summary: 'Trade a join token, once, for the key with which this node registers',
    body: nodeJoinRequestSchema,
    bodyLimitBytes: 4096,
    success: { 200: { kind: 'json', schema: nodeJoinAnswerSchema } },
    errors: [...versionedBodyErrors, 'authentication', 'rate_limit'],
  }),
  reportCapability: defineRoute({
    operation: 'nodes.capability',
    method: 'POST',
    path: '/v1/nodes/capability',
    auth: 'node',
    summary: 'Take in a capability report, which is also the heartbeat',
    body: nodeCapabilityReportSchema,
    bodyLimitBytes: reportBytes,
    success: { 204: { kind: 'empty' } },
    errors: [...versionedBodyErrors, 'authentication', 'not_found'],
  }),
  getConfig: defineRoute({
    operation: 'nodes.config.get',
    method: 'GET',
    path: '/v1/nodes/config',
    auth: 'node',
    summary: 'The configuration this node should run',
    success: { 200: { kind: 'json', schema: nodeConfigurationPayloadSchema } },
    errors: ['authentication', 'not_found'],
  }),
  ackConfig: defineRoute({
    operation: 'nodes.config.ack',
    method: 'POST',
    path: '/v1/nodes/config',
    auth: 'node',
    summary: 'Report that a configuration was applied or failed',
    body: nodeConfigAckSchema,
    bodyLimitBytes: 64 * 1024,
    success: { 204: { kind: 'empty' } },
    errors: [...versionedBodyErrors, 'authentication', 'not_found', 'conflict'],
  }),
  ...workflowRoutes,
  ...agentInferenceRoutes,
} as const;
