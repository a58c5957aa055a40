import { z } from 'zod';
import { textSchema, timestampSchema, utf8Bytes, uuidSchema } from '../common/primitives.ts';
import { relativePathSchema } from '../common/relative-path.ts';
import { toolLimits } from './limits.ts';
import type { Allowed, ToolAgent } from './tool.ts';

/** Text of at most so many bytes. */
export function textUpTo(bytes: number = toolLimits.textBytes) {
  return textSchema.refine(
    (text) => utf8Bytes(text) <= bytes,
    `must not be larger than ${bytes} bytes`,
  );
}

/** A short name or word. */
export const shortText = textSchema.min(1).max(toolLimits.keyChars);

/** Which page of a list is wanted. */
export const pageFields = {
  limit: z.int().min(1).max(toolLimits.pageMax).optional(),
  cursor: textSchema.min(1).max(4096).optional(),
};

/** Where the next page begins; null at the end. */
export const nextCursor = { next_cursor: z.string().nullable() };

export const taskId = { task_id: uuidSchema };
export const jobAndRun = { job_id: uuidSchema.optional(), run_id: uuidSchema.optional() };
export const artifactPath = relativePathSchema;
export const times = { created_at: timestampSchema, updated_at: timestampSchema };

type Agents = Readonly<Record<ToolAgent, Allowed>>;

/** Rows of the table of who may. See docs/reference/mcp.md#agents. */
export const managerOnly: Agents = {
  project_manager: 'yes',
  project_analyst: 'no',
  sandbox: 'no',
};
export const managerByRule: Agents = { ...managerOnly, project_manager: 'rule' };
export const managerAndAnalyst: Agents = { ...managerOnly, project_analyst: 'yes' };
export const sandboxOnly: Agents = {
  project_manager: 'no',
  project_analyst: 'no',
  sandbox: 'yes',
};
export const everyAgent: Agents = {
  project_manager: 'yes',
  project_analyst: 'yes',
  sandbox: 'yes',
};
