import { z } from 'zod';
import { bodyErrors } from '../common/body-errors.ts';
import { secretNameSchema, secretValueSchema } from '../common/job-secret.ts';
import { timestampSchema } from '../common/primitives.ts';
import { defineRoute } from '../common/route.ts';

/** A secret of the caller as it is shown: never its value. */
export const jobSecretSchema = z.object({
  name: z.string(),
  size_bytes: z.int().positive(),
  /** False for one that is too short to be masked in what jobs write. */
  maskable: z.boolean(),
  created_at: timestampSchema,
  updated_at: timestampSchema,
});

/** All secrets of the caller, by name; there are at most 100. */
export const jobSecretListSchema = z.object({ secrets: z.array(jobSecretSchema) });

export const putSecretRequestSchema = z.strictObject({ value: secretValueSchema });

export const secretDeletedSchema = z.object({ deleted: z.literal(true) });

export type JobSecret = z.infer<typeof jobSecretSchema>;
export type JobSecretList = z.infer<typeof jobSecretListSchema>;
export type PutSecretRequest = z.infer<typeof putSecretRequestSchema>;

const secretRef = z.object({ name: secretNameSchema });

/** Secrets for one's own jobs; a value goes in and never comes out. See docs/reference/sandbox.md#secrets. */
export const secretRoutes = {
  listSecrets: defineRoute({
    operation: 'secrets.list',
    method: 'GET',
    path: '/v1/secrets',
    auth: 'user',
    action: 'secret.read',
    resource: 'secret',
    summary: "The caller's own secrets for jobs, by name, without their values",
    success: { 200: { kind: 'json', schema: jobSecretListSchema } },
    errors: ['authentication', 'authorization'],
  }),
  putSecret: defineRoute({
    operation: 'secrets.put',
    method: 'PUT',
    path: '/v1/secrets/{name}',
    auth: 'user',
    action: 'secret.write',
    resource: 'secret',
    summary: 'Keep a secret for jobs, in place of one of that name; no answer holds the value',
    params: secretRef,
    body: putSecretRequestSchema,
    success: {
      200: { kind: 'json', schema: jobSecretSchema },
      201: { kind: 'json', schema: jobSecretSchema },
    },
    errors: [...bodyErrors, 'authentication', 'authorization', 'conflict'],
  }),
  deleteSecret: defineRoute({
    operation: 'secrets.delete',
    method: 'DELETE',
    path: '/v1/secrets/{name}',
    auth: 'user',
    action: 'secret.write',
    resource: 'secret',
    summary: 'Forget a secret; jobs that run keep what they were given',
    params: secretRef,
    success: { 200: { kind: 'json', schema: secretDeletedSchema } },
    errors: ['validation', 'authentication', 'authorization', 'not_found'],
  }),
} as const;
