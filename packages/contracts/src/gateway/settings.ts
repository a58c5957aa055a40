import { z } from 'zod';
import { bodyErrors } from '../common/body-errors.ts';
import { isStorableText, textSchema, timestampSchema } from '../common/primitives.ts';
import { defineRoute } from '../common/route.ts';
import { adminErrors, paging } from './fields.ts';

/** Limits of settings. See docs/reference/settings.md#system-settings. */
export const settingLimits = { keyChars: 256, valueBytes: 64 * 1024, reasonChars: 1024 } as const;

/** Opaque and case-sensitive; by custom lower-case words with dots between them. */
export const settingKeySchema = z
  .string()
  .max(settingLimits.keyChars)
  .regex(/^[^\s\p{C}]+$/u, 'must be 1 to 256 characters without whitespace or control characters')
  .refine(isStorableText, 'must not contain U+0000 or lone surrogates');

/** JSON type of a value; null is none of them. See docs/reference/settings.md#system-settings. */
export const settingValueTypeSchema = z.enum(['string', 'number', 'boolean', 'object', 'array']);

const valueSchema = z
  .unknown()
  .refine((value) => value !== undefined && value !== null, 'is required and must not be null');

/** A system setting. */
export const settingSchema = z.object({
  key: z.string(),
  value: z.unknown(),
  value_type: settingValueTypeSchema,
  version: z.int().positive(),
  updated_at: timestampSchema,
  updated_by: z.string(),
});

/** One page of settings, by key. */
export const settingListSchema = z.object({
  settings: z.array(settingSchema),
  next_cursor: z.string().optional(),
});

const reasonSchema = textSchema.min(1).max(settingLimits.reasonChars);

/**
 * Body of `PUT /v1/settings/{key}`; without `value_type` it is the value's own.
 * See docs/reference/settings.md#system-settings.
 */
export const putSettingRequestSchema = z.strictObject({
  value: valueSchema,
  value_type: settingValueTypeSchema.optional(),
  expected_version: z.int().positive().max(2_147_483_647).optional(),
  reason: reasonSchema.optional(),
});

/** Query of `DELETE /v1/settings/{key}`. */
export const deleteSettingQuerySchema = z.object({
  expected_version: z
    .string()
    .regex(/^[1-9]\d{0,8}$/, 'must be a version, a positive whole number')
    .transform(Number)
    .optional(),
  reason: reasonSchema.optional(),
});

export const settingDeletedSchema = z.object({ deleted: z.literal(true) });

export type Setting = z.infer<typeof settingSchema>;
export type PutSettingRequest = z.infer<typeof putSettingRequestSchema>;
export type SettingValueType = z.infer<typeof settingValueTypeSchema>;

const settingRef = z.object({ key: settingKeySchema });

/** System settings. See docs/reference/settings.md#system-settings. */
export const settingRoutes = {
  listSettings: defineRoute({
    operation: 'settings.list',
    method: 'GET',
    path: '/v1/settings',
    auth: 'user',
    action: 'settings.read',
    resource: 'setting',
    summary: 'System settings by key; needs system role owner, admin or operator',
    query: z.object({ key_prefix: textSchema.max(256).optional(), ...paging }),
    success: { 200: { kind: 'json', schema: settingListSchema } },
    errors: ['validation', ...adminErrors],
  }),
  getSetting: defineRoute({
    operation: 'settings.get',
    method: 'GET',
    path: '/v1/settings/{key}',
    auth: 'user',
    action: 'settings.read',
    resource: 'setting',
    summary: 'One system setting; 404 when it was never set, so that its default holds',
    params: settingRef,
    success: { 200: { kind: 'json', schema: settingSchema } },
    errors: ['validation', ...adminErrors, 'not_found'],
  }),
  putSetting: defineRoute({
    operation: 'settings.put',
    method: 'PUT',
    path: '/v1/settings/{key}',
    auth: 'user',
    action: 'settings.write',
    resource: 'setting',
    summary:
      'Set a system setting; needs system role owner or admin. Works while the system is not ready',
    params: settingRef,
    body: putSettingRequestSchema,
    success: {
      200: { kind: 'json', schema: settingSchema },
      201: { kind: 'json', schema: settingSchema },
    },
    errors: [...bodyErrors, ...adminErrors, 'conflict'],
  }),
  deleteSetting: defineRoute({
    operation: 'settings.delete',
    method: 'DELETE',
    path: '/v1/settings/{key}',
    auth: 'user',
    action: 'settings.write',
    resource: 'setting',
    summary: 'Remove a system setting, so that its default holds again',
    params: settingRef,
    query: deleteSettingQuerySchema,
    success: { 200: { kind: 'json', schema: settingDeletedSchema } },
    errors: ['validation', ...adminErrors, 'not_found', 'conflict'],
  }),
} as const;
