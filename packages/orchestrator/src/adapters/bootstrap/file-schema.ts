import { isStorableText, limits, textSchema, uuidSchema } from '@cynodeai/contracts/common';
import { settingKeySchema, settingValueTypeSchema } from '@cynodeai/contracts/gateway';
import { z } from 'zod';

const entrySchema = z.strictObject({
  key: settingKeySchema,
  value: z.unknown(),
  value_type: settingValueTypeSchema,
});

const nameSchema = textSchema.min(1).max(limits.indexedTextChars);

const ruleSchema = z
  .strictObject({
    subject_type: z.enum(['system', 'user', 'group', 'project', 'task', 'agent']),
    subject_id: uuidSchema.nullish(),
    action: nameSchema,
    resource_type: nameSchema,
    resource_pattern: nameSchema,
    effect: z.enum(['allow', 'deny']),
    priority: z.int().min(-1_000_000).max(1_000_000).default(0),
    conditions: z.record(z.string(), z.unknown()).nullish(),
  })
  .refine((rule) => (rule.subject_type === 'system') === (rule.subject_id == null), {
    path: ['subject_id'],
    message: 'is required for every subject but system and forbidden for system',
  });

const environmentName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of an environment variable');

const registrySchema = z.strictObject({
  registries: z
    .array(z.strictObject({ url: nameSchema, credentials_env: environmentName.optional() }))
    .min(1)
    .optional(),
  mode: nameSchema.optional(),
  prefer_cached_images: z.boolean().optional(),
  allow_public_internet: z.boolean().optional(),
  require_digest_pinning: z.boolean().optional(),
});

/** The bootstrap YAML. See docs/reference/settings.md#bootstrap-file. */
export const bootstrapFileSchema = z.strictObject({
  version: z.literal(1),
  preferences: z.array(entrySchema).default([]),
  system_settings: z.array(entrySchema).default([]),
  access_control_rules: z.array(ruleSchema).default([]),
  sandbox_image_registry: registrySchema.optional(),
  admin_user: z
    .strictObject({
      handle: z.string().refine(isStorableText),
      password_env: environmentName,
    })
    .optional(),
});

export type BootstrapDocument = z.infer<typeof bootstrapFileSchema>;
