import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { defineRoute } from '@cynodeai/contracts/common';
import { z } from 'zod';

const id = z.string().min(1);
const optionalText = z
  .string()
  .nullish()
  .transform((value) => value ?? undefined);

/** A user by the fields that are shown; whatever else an answer holds is dropped, above all anything secret. */
const readUser = z.object({
  id,
  handle: z.string(),
  email: optionalText,
  is_active: z.boolean(),
  created_at: optionalText,
  updated_at: optionalText,
});

const readBinding = z.object({
  binding_id: id,
  subject_type: z.string(),
  subject_id: id,
  role: z.string(),
  scope_type: z.enum(['system', 'project']),
  scope_id: optionalText,
  is_active: z.boolean(),
  updated_at: optionalText,
});

const json = <S extends z.ZodType>(schema: S): { readonly kind: 'json'; readonly schema: S } => ({
  kind: 'json',
  schema,
});

const nextCursor = z.string().nullish();

/** The routes of user administration as this client reads their answers. Contract 04 sections 4.5 and 5.7. */
export const readUserRoutes = {
  listUsers: defineRoute({
    ...gatewayRoutes.listUsers,
    success: { 200: json(z.object({ users: z.array(readUser), next_cursor: nextCursor })) },
  }),
  getUser: defineRoute({ ...gatewayRoutes.getUser, success: { 200: json(readUser) } }),
  createUser: defineRoute({ ...gatewayRoutes.createUser, success: { 201: json(readUser) } }),
  disableUser: defineRoute({ ...gatewayRoutes.disableUser, success: { 200: json(readUser) } }),
  enableUser: defineRoute({ ...gatewayRoutes.enableUser, success: { 200: json(readUser) } }),
  listRoleBindings: defineRoute({
    ...gatewayRoutes.listRoleBindings,
    success: { 200: json(z.object({ bindings: z.array(readBinding), next_cursor: nextCursor })) },
  }),
  createRoleBinding: defineRoute({
    ...gatewayRoutes.createRoleBinding,
    success: { 200: json(readBinding), 201: json(readBinding) },
  }),
} as const;

export type ReadUser = z.infer<typeof readUser>;
export type ReadBinding = z.infer<typeof readBinding>;
