import { z } from 'zod';
import { textSchema, uuidSchema } from '../common/primitives.ts';

/** Steps of the graph, in the order of a task without trouble. See docs/reference/workflow.md#graph. */
export const workflowNodes = [
  'load_task_context',
  'plan_steps',
  'dispatch_step',
  'collect_result',
  'verify_step_result',
  'finalize_summary',
  'mark_failed',
] as const;

export const workflowNodeSchema = z.enum(workflowNodes);

export type WorkflowNode = z.infer<typeof workflowNodeSchema>;

/** Bounds of a workflow that no setting can widen. See docs/reference/workflow.md#state. */
export const workflowLimits = {
  /** A state as JSON, bytes. */
  stateBytes: 1024 * 1024,
  planSteps: 100,
  titleChars: 200,
  instructionBytes: 16 * 1024,
  /** What is kept of each stream in a state, head and tail together, bytes. */
  excerptBytes: 8 * 1024,
} as const;

const stepKinds = ['model_answer', 'sandbox_command', 'sandbox_agent'] as const;

/** What the story needs of a step; a plan holds more, which whoever made it checks. */
const storedStepSchema = z.looseObject({
  step_id: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/),
  title: textSchema.max(workflowLimits.titleChars),
  kind: z.enum(stepKinds),
});

const findingSchema = z.looseObject({
  severity: z.enum(['info', 'minor', 'major', 'critical']),
  criterion: textSchema,
  message: textSchema,
});

/**
 * The state of a graph as a checkpoint keeps it: what is read of it is checked, what else is in it comes back as it was.
 * See docs/reference/workflow.md#state.
 */
export const workflowStateSchema = z.looseObject({
  task_id: uuidSchema,
  plan: z
    .looseObject({
      steps: z.array(storedStepSchema).min(1).max(workflowLimits.planSteps),
      assumptions: z.array(textSchema).optional(),
    })
    .optional(),
  current_step_index: z.int().nonnegative().optional(),
  attempts_by_step: z.record(z.string().regex(/^\d{1,3}$/), z.int().positive()).optional(),
  job_ids_by_step: z.record(z.string().regex(/^\d{1,3}$/), uuidSchema).optional(),
  planner_degraded: z.boolean().optional(),
  verification: z
    .looseObject({
      status: z.enum(['pass', 'fail']),
      findings: z.array(findingSchema),
    })
    .optional(),
  /** Why the task ends as failed. */
  failure: z.looseObject({ code: z.string() }).optional(),
});

export type WorkflowState = z.infer<typeof workflowStateSchema>;
