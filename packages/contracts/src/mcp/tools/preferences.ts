import { z } from 'zod';
import { isStorableText, timestampSchema, uuidSchema } from '../../common/primitives.ts';
import {
  managerAndAnalyst,
  nextCursor,
  pageFields,
  shortText,
  taskId,
  textUpTo,
} from '../fields.ts';
import { type Allowed, type ToolAgent, defineTool } from '../tool.ts';

export const preferenceScopeSchema = z.enum(['system', 'user', 'group', 'project', 'task']);
export type PreferenceScopeType = z.infer<typeof preferenceScopeSchema>;

const valueTypes = z.enum(['string', 'number', 'boolean', 'object', 'array']);

/** Opaque and case-sensitive. */
const keySchema = z
  .string()
  .max(256)
  .regex(/^[^\s\p{C}]+$/u, 'must be 1 to 256 characters without whitespace or control characters')
  .refine(isStorableText, 'must not contain U+0000 or lone surrogates');

/** A preference as it is stored. */
export const preferenceSchema = z.object({
  id: uuidSchema,
  scope_type: preferenceScopeSchema,
  scope_id: uuidSchema.nullable(),
  key: z.string(),
  value: z.unknown(),
  value_type: valueTypes,
  version: z.int().positive(),
  updated_at: timestampSchema,
  updated_by: z.string(),
});

export type Preference = z.infer<typeof preferenceSchema>;

const scope = { scope_type: preferenceScopeSchema, scope_id: uuidSchema.optional() };
const named = { ...scope, key: keySchema };
const valued = { ...named, value: z.unknown(), value_type: valueTypes };
const version = { expected_version: z.int().positive().max(2_147_483_647).optional() };
const reason = { reason: textUpTo(1024).min(1).optional() };

type Scoped = { readonly scope_type: string; readonly scope_id?: string | undefined };
const fits = ({ scope_type: type, scope_id: id }: Scoped): boolean =>
  (type === 'system') === (id === undefined);
const scopeRule = {
  path: ['scope_id'],
  message: 'is required for every scope but system, and refused for system',
};

const writers: Readonly<Record<ToolAgent, Allowed>> = {
  project_manager: 'on_tasks',
  project_analyst: 'no',
  sandbox: 'no',
};
const preference = z.object({ preference: preferenceSchema });

/** Tools on preferences. See docs/reference/settings.md#preferences. */
export const preferenceTools = [
  defineTool({
    name: 'db.preference.get',
    summary: 'One preference of one scope',
    agents: managerAndAnalyst,
    scope: 'pm',
    work: 'read',
    needsUser: true,
    input: z.strictObject(named).refine(fits, scopeRule),
    result: preference,
  }),
  defineTool({
    name: 'db.preference.list',
    summary: 'Preferences of one scope by key',
    agents: managerAndAnalyst,
    scope: 'pm',
    work: 'read',
    needsUser: true,
    input: z
      .strictObject({ ...scope, key_prefix: shortText.optional(), ...pageFields })
      .refine(fits, scopeRule),
    result: z.object({ preferences: z.array(preferenceSchema), ...nextCursor }),
  }),
  defineTool({
    name: 'db.preference.effective',
    summary: 'What holds for a task: of each key the value of the nearest scope',
    agents: managerAndAnalyst,
    scope: 'pm',
    work: 'read',
    needsUser: true,
    input: z.strictObject({ ...taskId, include_sources: z.boolean().optional() }),
    result: z.object({
      effective: z.record(z.string(), z.unknown()),
      sources: z
        .array(
          z.object({
            key: z.string(),
            scope_type: preferenceScopeSchema,
            scope_id: uuidSchema.nullable(),
            version: z.int(),
          }),
        )
        .optional(),
      invalid: z.array(
        z.object({
          scope_type: preferenceScopeSchema,
          scope_id: uuidSchema.nullable(),
          key: z.string(),
          reason: z.string(),
        }),
      ),
    }),
    resultBytes: 256 * 1024,
  }),
  defineTool({
    name: 'db.preference.create',
    summary: 'Set a preference that is not there yet',
    agents: writers,
    scope: 'pm',
    work: 'database',
    needsUser: true,
    input: z.strictObject({ ...valued, ...reason }).refine(fits, scopeRule),
    result: preference,
  }),
  defineTool({
    name: 'db.preference.update',
    summary: 'Change a preference that is there',
    agents: writers,
    scope: 'pm',
    work: 'database',
    needsUser: true,
    input: z.strictObject({ ...valued, ...version, ...reason }).refine(fits, scopeRule),
    result: preference,
  }),
  defineTool({
    name: 'db.preference.delete',
    summary: 'Remove a preference, so that a farther scope shows again',
    agents: writers,
    scope: 'pm',
    work: 'database',
    needsUser: true,
    input: z.strictObject({ ...named, ...version, ...reason }).refine(fits, scopeRule),
    result: z.object({ deleted: z.literal(true) }),
  }),
] as const;
