import { z } from 'zod';
import { textSchema, timestampSchema, uuidSchema } from '../common/primitives.ts';

/** Lower-cased on write and on login; `system` is reserved. Contract 04 section 3.2. */
export const handlePattern = /^[a-z0-9][a-z0-9._-]{1,63}$/;

/** The caller as `GET /v1/users/me` shows them. */
export const currentUserSchema = z.object({
  id: uuidSchema,
  handle: z.string(),
  email: z.string().optional(),
  is_active: z.boolean(),
  roles: z.array(z.string()),
  group_ids: z.array(uuidSchema),
  default_project_id: uuidSchema.optional(),
  created_at: timestampSchema,
});

export type CurrentUser = z.infer<typeof currentUserSchema>;

const emailSchema = z.email().max(320);
const passwordTextSchema = textSchema.min(1).max(1024);

/** Body of `POST /v1/users`. Contract 04 section 4.5. */
export const createUserRequestSchema = z.strictObject({
  handle: textSchema.min(1).max(256),
  email: emailSchema.optional(),
  password: passwordTextSchema,
});

/** Body of an administrator's password reset. */
export const resetPasswordRequestSchema = z.strictObject({ new_password: passwordTextSchema });

/** A user as administrators see them; no credential field ever. */
export const userSchema = z.object({
  id: uuidSchema,
  handle: z.string(),
  email: z.string().optional(),
  is_active: z.boolean(),
  created_at: timestampSchema,
  updated_at: timestampSchema,
});

/** One page of users. */
export const userListSchema = z.object({
  users: z.array(userSchema),
  next_cursor: z.string().optional(),
});

/** Roles there are; owner and admin administer. Contract 04 section 5.3. */
export const roleNameSchema = z.enum(['owner', 'admin', 'operator', 'member', 'viewer']);

/** Body of `POST /v1/role-bindings`; `scope_id` exactly for scope `project`. Contract 04 section 5.7. */
export const createRoleBindingRequestSchema = z
  .strictObject({
    subject_type: z.enum(['user', 'group']),
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
  subject_type: z.enum(['user', 'group']),
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

export type CreateUserRequest = z.infer<typeof createUserRequestSchema>;
export type User = z.infer<typeof userSchema>;
export type RoleName = z.infer<typeof roleNameSchema>;
export type RoleBinding = z.infer<typeof roleBindingSchema>;
export type CreateRoleBindingRequest = z.infer<typeof createRoleBindingRequestSchema>;
