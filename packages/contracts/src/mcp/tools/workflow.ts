import { z } from 'zod';
import { managerOnly, taskId } from '../fields.ts';
import { defineTool } from '../tool.ts';

/** Tools on workflows of tasks. */
export const workflowTools = [
  defineTool({
    name: 'workflow.start',
    summary:
      'Ask for the workflow of a task in plain words that has not ended; again is no second one',
    agents: managerOnly,
    scope: 'pm',
    work: 'database',
    input: z.strictObject(taskId),
    result: z.object({ status: z.enum(['requested', 'already_running']) }),
  }),
] as const;
