import { z } from 'zod';
import { timestampSchema, uuidSchema } from '../common/primitives.ts';
import { defineRoute } from '../common/route.ts';
import { workspaceNameSchema } from '../common/workspace-name.ts';

/** A workspace of the caller that is kept between tasks. */
export const workspaceSchema = z.object({
  name: z.string(),
  /** Slug of the node its content lies on; absent until a job was sent. */
  node: z.string().optional(),
  /** As the last job left it; absent until one has ended in it. */
  size_bytes: z.int().nonnegative().optional(),
  /** Name of the task that holds it, and its id. */
  in_use_by: z.string().optional(),
  in_use_by_id: uuidSchema.optional(),
  created_at: timestampSchema,
  last_used_at: timestampSchema.optional(),
});

/** All workspaces of the caller, by name; there are at most 100. */
export const workspaceListSchema = z.object({ workspaces: z.array(workspaceSchema) });

export const workspaceDeletedSchema = z.object({ deleted: z.literal(true) });

export type Workspace = z.infer<typeof workspaceSchema>;
export type WorkspaceList = z.infer<typeof workspaceListSchema>;

const workspaceRef = z.object({ name: workspaceNameSchema });

/** Workspaces that outlive their tasks; the first task that names one makes it. See docs/reference/workspaces.md. */
export const workspaceRoutes = {
  listWorkspaces: defineRoute({
    operation: 'workspaces.list',
    method: 'GET',
    path: '/v1/workspaces',
    auth: 'user',
    action: 'workspace.read',
    resource: 'workspace',
    summary: "The caller's own workspaces that are kept between tasks, by name",
    success: { 200: { kind: 'json', schema: workspaceListSchema } },
    errors: ['authentication', 'authorization'],
  }),
  deleteWorkspace: defineRoute({
    operation: 'workspaces.delete',
    method: 'DELETE',
    path: '/v1/workspaces/{name}',
    auth: 'user',
    action: 'workspace.delete',
    resource: 'workspace',
    summary:
      'Delete a workspace with its content, on its node as soon as that is there; 409 while a task uses it',
    params: workspaceRef,
    success: { 200: { kind: 'json', schema: workspaceDeletedSchema } },
    errors: ['validation', 'authentication', 'authorization', 'not_found', 'conflict'],
  }),
} as const;
