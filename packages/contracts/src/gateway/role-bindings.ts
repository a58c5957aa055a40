import { z } from 'zod';
import { bodyErrors } from '../common/body-errors.ts';
import { openEnum } from '../common/open-enum.ts';
import { timestampSchema, uuidSchema } from '../common/primitives.ts';
import { defineRoute } from '../common/route.ts';
import { adminErrors, idRef, paging } from './fields.ts';

/**
 * Roles there are; owner and admin administer. See docs/reference/identity-and-policy.md#actions.
 */
export const roleNameSchema = openEnum(['owner', 'admin', 'operator', 'member', 'viewer']);

const subjectTypeSchema = openEnum(['user', 'group']);

/**
 * Body of `POST /v1/role-bindings`; `scope_id` exactly for scope `project`.
 * See docs/reference/identity-and-policy.md#grants.
 */
export const createRoleBindingRequestSchema = z
  .strictObject({
    subject_type: subjectTypeSchema,
    subject_id: uuidSchema,
    role: roleNameSchema,
    scope_type: z.enum(['system', 'project']),
    scope_id: uuidSchema.optional(),
  })
  .refine((binding) => (binding.scope_type === 'project') === (binding.scope_id !== undefined), {
    path: ['scope_id'],
    message: 'is required for scope project and forbidden for scope system',
  });

/** A grant of a role. */
export const roleBindingSchema = z.object({
  binding_id: uuidSchema,
  subject_type: subjectTypeSchema,
  subject_id: uuidSchema,
  role: roleNameSchema,
  scope_type: z.enum(['system', 'project']),
  scope_id: uuidSchema.optional(),
  is_active: z.boolean(),
  updated_at: timestampSchema,
});

/** One page of role bindings. */
export const roleBindingListSchema = z.object({
  bindings: z.array(roleBindingSchema),
  next_cursor: z.string().optional(),
});

export type RoleName = z.infer<typeof roleNameSchema>;
export type RoleBinding = z.infer<typeof roleBindingSchema>;
export type CreateRoleBindingRequest = z.infer<typeof createRoleBindingRequestSchema>;

/** Grants of roles. See docs/reference/identity-and-policy.md#grants. */
export const roleBindingRoutes = {
  listRoleBindings: defineRoute({
    operation: 'role_bindings.list',
    method: 'GET',
    path: '/v1/role-bindings',
    auth: 'user',
    action: 'rbac.manage',
    resource: 'role_binding',
    summary: 'Grants of roles, newest first',
    query: z.object({
      subject_type: z.enum(['user', 'group']).optional(),
      subject_id: uuidSchema.optional(),
      role: roleNameSchema.optional(),
      scope_type: z.enum(['system', 'project']).optional(),
      scope_id: uuidSchema.optional(),
      ...paging,
    }),
    success: { 200: { kind: 'json', schema: roleBindingListSchema } },
    errors: ['validation', ...adminErrors],
  }),
  createRoleBinding: defineRoute({
    operation: 'role_bindings.create',
    method: 'POST',
    path: '/v1/role-bindings',
    auth: 'user',
    action: 'rbac.manage',
    resource: 'role_binding',
    summary: 'Grant a role; 200 when it was granted already. Nobody grants above their own role',
    body: createRoleBindingRequestSchema,
    success: {
      200: { kind: 'json', schema: roleBindingSchema },
      201: { kind: 'json', schema: roleBindingSchema },
    },
    errors: [...bodyErrors, ...adminErrors, 'not_found', 'conflict'],
  }),
  deleteRoleBinding: defineRoute({
    operation: 'role_bindings.delete',
    method: 'DELETE',
    path: '/v1/role-bindings/{id}',
    auth: 'user',
    action: 'rbac.manage',
    resource: 'role_binding',
    summary: 'Withdraw a role; the last active owner keeps theirs',
    params: idRef,
    success: { 204: { kind: 'empty' } },
    errors: ['validation', ...adminErrors, 'not_found', 'conflict'],
  }),
} as const;
