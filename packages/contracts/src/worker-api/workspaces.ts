import { z } from 'zod';
import { payloadVersionSchema, uuidSchema } from '../common/primitives.ts';
import { defineRoute } from '../common/route.ts';

/** Feature of nodes that keep workspaces between jobs. See docs/reference/nodes.md#capability-report. */
export const workspaceFeature = 'workspaces';

/** A kept workspace that a job is to run in. See docs/reference/workspaces.md. */
export const keptWorkspaceSchema = z.strictObject({
  workspace_id: uuidSchema,
  /** A job has run in it: where it is missing, its content is lost and none is made. */
  must_exist: z.boolean(),
});

/** Ids of the workspaces that a node keeps. */
export const keptWorkspaceListSchema = z.object({
  version: payloadVersionSchema,
  workspace_ids: z.array(uuidSchema),
});

/** Workspaces that a node keeps. See docs/reference/workspaces.md#on-the-node. */
export const keptWorkspaceRoutes = {
  listKeptWorkspaces: defineRoute({
    operation: 'worker.workspaces.list',
    method: 'GET',
    path: '/v1/worker/workspaces',
    auth: 'worker',
    summary: 'Ids of the workspaces that are kept here',
    success: { 200: { kind: 'json', schema: keptWorkspaceListSchema } },
    errors: ['authentication'],
  }),
  removeKeptWorkspace: defineRoute({
    operation: 'worker.workspaces.remove',
    method: 'DELETE',
    path: '/v1/worker/workspaces/{workspace_id}',
    auth: 'worker',
    summary: 'Remove a kept workspace with its content, unless a job runs in it',
    params: z.object({ workspace_id: uuidSchema }),
    success: { 204: { kind: 'empty' } },
    errors: ['validation', 'authentication', 'not_found', 'job_conflict', 'internal'],
  }),
} as const;
