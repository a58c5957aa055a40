import { z } from 'zod';
import { timestampSchema, uuidSchema } from '../common/primitives.ts';

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
