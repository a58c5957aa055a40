import { z } from 'zod';
import { isStorableText, timestampSchema } from '../../common/primitives.ts';
import {
  managerByRule,
  managerOnly,
  nextCursor,
  pageFields,
  shortText,
  textUpTo,
} from '../fields.ts';
import { defineTool } from '../tool.ts';

const valueTypes = z.enum(['string', 'number', 'boolean', 'object', 'array']);
const keySchema = z
  .string()
  .max(256)
  .regex(/^[^\s\p{C}]+$/u, 'must be 1 to 256 characters without whitespace or control characters')
  .refine(isStorableText, 'must not contain U+0000 or lone surrogates');

const settingSchema = z.object({
  key: z.string(),
  value: z.unknown(),
  value_type: valueTypes,
  version: z.int().positive(),
  updated_at: timestampSchema,
  updated_by: z.string(),
});

const setting = z.object({ setting: settingSchema });
const reason = { reason: textUpTo(1024).min(1).optional() };
const version = { expected_version: z.int().positive().max(2_147_483_647).optional() };
const value = z
  .unknown()
  .refine((one) => one !== undefined && one !== null, 'is required and must not be null');
const valued = { key: keySchema, value, value_type: valueTypes };

/** Tools on system settings; they hold no secrets. */
export const settingTools = [
  defineTool({
    name: 'db.system_setting.get',
    summary: 'One system setting; not found when its default holds',
    agents: managerOnly,
    scope: 'pm',
    work: 'read',
    input: z.strictObject({ key: keySchema }),
    result: setting,
  }),
  defineTool({
    name: 'db.system_setting.list',
    summary: 'System settings by key',
    agents: managerOnly,
    scope: 'pm',
    work: 'read',
    input: z.strictObject({ key_prefix: shortText.optional(), ...pageFields }),
    result: z.object({ settings: z.array(settingSchema), ...nextCursor }),
  }),
  defineTool({
    name: 'db.system_setting.create',
    summary: 'Set a system setting that was never set',
    agents: managerByRule,
    scope: 'pm',
    work: 'database',
    needsUser: true,
    input: z.strictObject({ ...valued, ...reason }),
    result: setting,
  }),
  defineTool({
    name: 'db.system_setting.update',
    summary: 'Change a system setting that is set',
    agents: managerByRule,
    scope: 'pm',
    work: 'database',
    needsUser: true,
    input: z.strictObject({ ...valued, ...version, ...reason }),
    result: setting,
  }),
  defineTool({
    name: 'db.system_setting.delete',
    summary: 'Remove a system setting, so that its default holds',
    agents: managerByRule,
    scope: 'pm',
    work: 'database',
    needsUser: true,
    input: z.strictObject({ key: keySchema, ...version, ...reason }),
    result: z.object({ deleted: z.literal(true) }),
  }),
] as const;
