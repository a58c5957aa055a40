import { z } from 'zod';
import { bodyErrors } from '../common/body-errors.ts';
import { openEnum } from '../common/open-enum.ts';
import { joinTokenTtl } from '../common/limits.ts';
import { nodeSlugSchema, timestampSchema, uuidSchema } from '../common/primitives.ts';
import { defineRoute } from '../common/route.ts';
import { transports } from '../common/service-url.ts';
import { adminErrors, paging } from './fields.ts';

/**
 * A node: what the orchestrator knows of it, and in `capability_summary` and `reported` what the node says of itself.
 * See docs/reference/nodes.md#identity.
 */
export const nodeSchema = z.object({
  node_id: uuidSchema,
  node_slug: z.string(),
  status: openEnum(['registered', 'active', 'inactive', 'drained']),
  enabled: z.boolean(),
  last_heartbeat: timestampSchema.optional(),
  capability_summary: z.string(),
  registered_at: timestampSchema,
  /** `key`: it can prove who it is; `none`: it came without one; `unsettled`: it did before nodes had keys. */
  identity: openEnum(['key', 'none', 'unsettled']),
  reported: z.object({
    name: z.string().optional(),
    orchestrator_transport: openEnum(transports).optional(),
  }),
  /** Until when another identity may take its place, once; only for those who may allow it. */
  reregistration_allowed_until: timestampSchema.optional(),
  /** The last attempt to register as this node that was refused; only for those who may allow one. */
  refused_registration: z
    .object({ at: timestampSchema, address: z.string().optional() })
    .optional(),
});

/** One page of nodes, by slug. */
export const nodeListSchema = z.object({
  nodes: z.array(nodeSchema),
  next_cursor: z.string().optional(),
});

export const nodeAllowanceSchema = z.object({
  node_id: uuidSchema,
  node_slug: z.string(),
  reregistration_allowed_until: timestampSchema,
});

/** A word with which one node of another machine joins; the secret is told this once. */
export const nodeJoinTokenSchema = z.object({
  token_id: uuidSchema,
  token: z.string(),
  expires_at: timestampSchema,
});

export type NodeJoinToken = z.infer<typeof nodeJoinTokenSchema>;
export type Node = z.infer<typeof nodeSchema>;
export type NodeAllowance = z.infer<typeof nodeAllowanceSchema>;

/** A uuid has the form of a slug too; one that is a node's id is taken for that. */
const nodeRef = z.object({ id: nodeSlugSchema });

/** Nodes. See docs/reference/nodes.md#identity. */
export const nodeRoutes = {
  listNodes: defineRoute({
    operation: 'nodes.list',
    method: 'GET',
    path: '/v1/nodes',
    auth: 'user',
    action: 'node.read',
    resource: 'node',
    summary: 'Nodes by slug',
    query: z.object({ ...paging }),
    success: { 200: { kind: 'json', schema: nodeListSchema } },
    errors: ['validation', ...adminErrors],
  }),
  getNode: defineRoute({
    operation: 'nodes.get',
    method: 'GET',
    path: '/v1/nodes/{id}',
    auth: 'user',
    action: 'node.read',
    resource: 'node',
    summary: 'One node, by its id or slug',
    params: nodeRef,
    success: { 200: { kind: 'json', schema: nodeSchema } },
    errors: ['validation', ...adminErrors, 'not_found'],
  }),
  allowReregister: defineRoute({
    operation: 'nodes.allow_reregister',
    method: 'POST',
    path: '/v1/nodes/{id}/allow-reregister',
    auth: 'user',
    action: 'node.allow_reregister',
    resource: 'node',
    summary: 'Let a node that lost its identity register anew, once and within an hour',
    params: nodeRef,
    body: z.strictObject({}),
    bodyOptional: true,
    success: { 200: { kind: 'json', schema: nodeAllowanceSchema } },
    errors: [...bodyErrors, ...adminErrors, 'not_found'],
  }),
  inviteNode: defineRoute({
    operation: 'nodes.invite',
    method: 'POST',
    path: '/v1/nodes/join-tokens',
    auth: 'user',
    action: 'node.invite',
    resource: 'node_join_token',
    summary: 'Make a token with which one node of another machine joins, once',
    body: z.strictObject({
      /** How long it is good, seconds. */
      ttl_seconds: z.int().min(joinTokenTtl.minSeconds).max(joinTokenTtl.maxSeconds).optional(),
    }),
    bodyOptional: true,
    success: { 201: { kind: 'json', schema: nodeJoinTokenSchema } },
    errors: [...bodyErrors, ...adminErrors],
  }),
} as const;
