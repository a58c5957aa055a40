import { z } from 'zod';
import { bodyErrors } from '../common/body-errors.ts';
import { limits } from '../common/limits.ts';
import { textSchema, timestampSchema, uuidSchema } from '../common/primitives.ts';
import { defineRoute } from '../common/route.ts';
import { adminErrors, idRef, paging } from './fields.ts';

/**
 * Lower-cased on write and on login; `system` is reserved.
 * See docs/reference/identity-and-policy.md#users.
 */
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

/** Body of `POST /v1/users`. See docs/reference/identity-and-policy.md#user-administration. */
export const createUserRequestSchema = z.strictObject({
  handle: textSchema.min(1).max(256),
  email: emailSchema.optional(),
  password: passwordTextSchema,
});

/** Body of an administrator's password reset. */
export const resetPasswordRequestSchema = z.strictObject({ new_password: passwordTextSchema });

/** Body of a change of the caller's own password. */
export const changePasswordRequestSchema = z.strictObject({
  current_password: z.string().min(1).max(1024),
  new_password: passwordTextSchema,
});

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

export type CreateUserRequest = z.infer<typeof createUserRequestSchema>;
export type User = z.infer<typeof userSchema>;

/** Users. See docs/reference/identity-and-policy.md#user-administration. */
export const userRoutes = {
  me: defineRoute({
    operation: 'users.me',
    method: 'GET',
    path: '/v1/users/me',
    auth: 'user',
    action: 'user.read',
    resource: 'user',
    summary: 'The calling user',
    success: { 200: { kind: 'json', schema: currentUserSchema } },
    errors: ['authentication'],
  }),
  changePassword: defineRoute({
    operation: 'users.change_password',
    method: 'POST',
    path: '/v1/users/me/password',
    auth: 'user',
    action: 'user.change_password',
    resource: 'user',
    summary: "Change the caller's own password and end their other sessions",
    body: changePasswordRequestSchema,
    success: { 204: { kind: 'empty' } },
    errors: [...bodyErrors, 'authentication', 'rate_limit'],
  }),
  createUser: defineRoute({
    operation: 'users.create',
    method: 'POST',
    path: '/v1/users',
    auth: 'user',
    action: 'user.manage',
    resource: 'user',
    summary: 'Create a user; needs system role owner or admin',
    body: createUserRequestSchema,
    success: { 201: { kind: 'json', schema: userSchema } },
    errors: [...bodyErrors, ...adminErrors, 'conflict'],
  }),
  listUsers: defineRoute({
    operation: 'users.list',
    method: 'GET',
    path: '/v1/users',
    auth: 'user',
    action: 'user.manage',
    resource: 'user',
    summary: 'Users, newest first; filters by state and by part of handle or email',
    query: z.object({
      is_active: z.enum(['true', 'false']).optional(),
      q: textSchema.max(limits.indexedTextChars).optional(),
      ...paging,
    }),
    success: { 200: { kind: 'json', schema: userListSchema } },
    errors: ['validation', ...adminErrors],
  }),
  getUser: defineRoute({
    operation: 'users.get',
    method: 'GET',
    path: '/v1/users/{id}',
    auth: 'user',
    action: 'user.manage',
    resource: 'user',
    summary: 'One user',
    params: idRef,
    success: { 200: { kind: 'json', schema: userSchema } },
    errors: ['validation', ...adminErrors, 'not_found'],
  }),
  disableUser: defineRoute({
    operation: 'users.disable',
    method: 'POST',
    path: '/v1/users/{id}/disable',
    auth: 'user',
    action: 'user.manage',
    resource: 'user',
    summary: 'Disable a user and end every session; the last active owner and `system` are refused',
    params: idRef,
    body: z.strictObject({}),
    bodyOptional: true,
    success: { 200: { kind: 'json', schema: userSchema } },
    errors: [...bodyErrors, ...adminErrors, 'not_found', 'conflict'],
  }),
  enableUser: defineRoute({
    operation: 'users.enable',
    method: 'POST',
    path: '/v1/users/{id}/enable',
    auth: 'user',
    action: 'user.manage',
    resource: 'user',
    summary: 'Enable a user again; the sessions stay ended',
    params: idRef,
    body: z.strictObject({}),
    bodyOptional: true,
    success: { 200: { kind: 'json', schema: userSchema } },
    errors: [...bodyErrors, ...adminErrors, 'not_found', 'conflict'],
  }),
  revokeSessions: defineRoute({
    operation: 'users.revoke_sessions',
    method: 'POST',
    path: '/v1/users/{id}/revoke_sessions',
    auth: 'user',
    action: 'user.manage',
    resource: 'user',
    summary: 'End every session of a user; anybody may end their own',
    params: idRef,
    body: z.strictObject({}),
    bodyOptional: true,
    success: { 204: { kind: 'empty' } },
    errors: [...bodyErrors, ...adminErrors, 'not_found'],
  }),
  resetPassword: defineRoute({
    operation: 'users.reset_password',
    method: 'POST',
    path: '/v1/users/{id}/reset_password',
    auth: 'user',
    action: 'user.manage',
    resource: 'user',
    summary: 'Set a new password and end every session of the user',
    params: idRef,
    body: resetPasswordRequestSchema,
    success: { 204: { kind: 'empty' } },
    errors: [...bodyErrors, ...adminErrors, 'not_found', 'conflict'],
  }),
} as const;
