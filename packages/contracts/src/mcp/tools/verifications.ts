import { z } from 'zod';
import { timestampSchema, uuidSchema } from '../../common/primitives.ts';
import { jobAndRun, managerAndAnalyst, nextCursor, pageFields, taskId } from '../fields.ts';
import { defineTool } from '../tool.ts';

const judged = {
  step_index: z.int().min(0).max(10_000),
  attempt: z.int().min(0).max(10_000),
  status: z.enum(['pass', 'fail', 'needs_clarification']),
  findings: z.array(z.unknown()).max(1000),
  recommended_actions: z.array(z.unknown()).max(1000),
  preferences_applied: z.array(z.unknown()).max(1000),
};

/** What an agent found when it looked at a step. */
export const verificationSchema = z.object({
  id: uuidSchema,
  task_id: uuidSchema,
  run_id: uuidSchema.nullable(),
  job_id: uuidSchema.nullable(),
  agent_type: z.string(),
  ...judged,
  created_at: timestampSchema,
});

export type Verification = z.infer<typeof verificationSchema>;

/** Tools on what was verified. */
export const verificationTools = [
  defineTool({
    name: 'db.verification.create',
    summary: 'Write down what you found of a step; the same again is no second one',
    agents: managerAndAnalyst,
    scope: 'pm',
    work: 'database',
    input: z.strictObject({ ...taskId, ...judged, ...jobAndRun }),
    result: z.object({ verification: verificationSchema }),
    argumentBytes: 256 * 1024,
  }),
  defineTool({
    name: 'db.verification.list',
    summary: 'What was found of the steps of a task, oldest first',
    agents: managerAndAnalyst,
    scope: 'pm',
    work: 'read',
    input: z.strictObject({ ...taskId, ...pageFields }),
    result: z.object({ verifications: z.array(verificationSchema), ...nextCursor }),
  }),
] as const;
