import { z } from 'zod';
import { bodyErrors } from '../common/body-errors.ts';
import { healthRoutes } from '../common/health.ts';
import { uuidSchema } from '../common/primitives.ts';
import { defineRoute } from '../common/route.ts';
import { workflowTriggers } from '../common/workflow-trigger.ts';

/** What runs workflows, as the control plane calls it. See docs/reference/workflow.md#nudge. */
export const agentsRoutes = {
  ...healthRoutes,
  runTask: defineRoute({
    operation: 'runs.create',
    method: 'POST',
    path: '/v1/runs',
    auth: 'runner',
    summary: 'Have a look at a task that waits for its workflow; the lease decides who runs it',
    body: z.strictObject({ task_id: uuidSchema, trigger: z.enum(workflowTriggers) }),
    bodyLimitBytes: 4096,
    success: { 202: { kind: 'empty' } },
    errors: [...bodyErrors, 'authentication', 'unavailable'],
  }),
} as const;
