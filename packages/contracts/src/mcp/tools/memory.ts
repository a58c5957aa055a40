import { z } from 'zod';
import { textSchema, uuidSchema } from '../../common/primitives.ts';
import { nextCursor, pageFields, sandboxOnly, taskId, textUpTo } from '../fields.ts';
import { defineTool } from '../tool.ts';

/** Bounds of what a job remembers. See docs/reference/mcp.md#limits. */
export const memoryLimits = {
  entryBytes: 64 * 1024,
  entries: 100,
  jobBytes: 2 * 1024 * 1024,
  summaryChars: 200,
} as const;

const ofJob = { ...taskId, job_id: uuidSchema };
const key = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,128}$/, 'must be 1 to 128 letters, digits, dots, dashes, underscores');

/** Tools on what an agent in a sandbox remembers while its job lasts. */
export const memoryTools = [
  defineTool({
    name: 'memory.add',
    summary: 'Remember something until your job ends; the same key replaces',
    agents: sandboxOnly,
    scope: 'sandbox',
    work: 'database',
    input: z.strictObject({
      ...ofJob,
      key,
      content: textUpTo(memoryLimits.entryBytes),
      summary: textSchema.max(memoryLimits.summaryChars).optional(),
    }),
    result: z.object({ key: z.string(), size_bytes: z.int().nonnegative() }),
  }),
  defineTool({
    name: 'memory.list',
    summary: 'Keys of what your job remembers',
    agents: sandboxOnly,
    scope: 'sandbox',
    work: 'read',
    input: z.strictObject({ ...ofJob, ...pageFields }),
    result: z.object({
      entries: z.array(
        z.object({ key: z.string(), summary: z.string().nullable(), size_bytes: z.int() }),
      ),
      ...nextCursor,
    }),
  }),
  defineTool({
    name: 'memory.retrieve',
    summary: 'One thing your job remembers',
    agents: sandboxOnly,
    scope: 'sandbox',
    work: 'read',
    input: z.strictObject({ ...ofJob, key }),
    result: z.object({ key: z.string(), content: z.string() }),
  }),
  defineTool({
    name: 'memory.delete',
    summary: 'Forget one thing your job remembers',
    agents: sandboxOnly,
    scope: 'sandbox',
    work: 'database',
    input: z.strictObject({ ...ofJob, key }),
    result: z.object({ deleted: z.boolean() }),
  }),
] as const;
