import { z } from 'zod';
import { timestampSchema, uuidSchema } from '../common/primitives.ts';
import { planSchema } from './plan.ts';

const byStep = z.string().regex(/^\d{1,3}$/);

/** What is known of the last try of a step. Streams are head and tail of what the job wrote. */
export const lastResultSchema = z.looseObject({
  job_id: uuidSchema,
  job_status: z.string(),
  exit_code: z.int().nullable(),
  stdout_excerpt: z.string(),
  stderr_excerpt: z.string(),
  truncated: z.boolean(),
  artifacts: z.array(z.looseObject({ path: z.string(), size_bytes: z.int() })),
  model_ref: z.string().optional(),
});

export const findingSchema = z.looseObject({
  severity: z.enum(['info', 'minor', 'major', 'critical']),
  criterion: z.string(),
  message: z.string(),
  evidence: z
    .array(
      z.looseObject({
        kind: z.string(),
        job_id: uuidSchema.optional(),
        artifact_path: z.string().optional(),
        excerpt: z.string().optional(),
      }),
    )
    .default([]),
});

export const recommendedActionSchema = z.looseObject({
  action: z.enum(['replace_command', 'retry_transient', 'change_instruction', 'ask_user']),
  text: z.string(),
  command: z.array(z.string()).optional(),
  transient_cause: z.string().optional(),
});

/** Why a task failed. */
export const failureCodes = [
  'max_attempts',
  'budget_exhausted',
  'inference_unavailable',
  'plan_invalid',
  'needs_clarification',
  'no_remediation',
  'workflow_stuck',
] as const;

/** What limits one task, as it was when it began. See docs/reference/workflow.md#bounds. */
export const taskBoundsSchema = z.object({
  max_steps: z.int().positive(),
  max_attempts: z.int().positive(),
  max_jobs: z.int().positive(),
  max_wall_seconds: z.int().positive(),
  inference_wait_seconds: z.int().nonnegative(),
});

/** A preference by which a task was judged: enough to judge it so again. */
export const appliedPreferenceSchema = z.looseObject({
  key: z.string(),
  scope_type: z.string(),
  scope_id: uuidSchema.nullable(),
  version: z.int(),
});

/** A model that was asked, for what, and the record of why that one. */
export const routeSchema = z.looseObject({
  agent: z.enum(['project_manager', 'project_analyst']),
  purpose: z.string(),
  model_ref: z.string(),
  target: z.enum(['local', 'external']),
  decision_id: uuidSchema,
});

/** What a graph knows of its task, behind each of its nodes. See docs/reference/workflow.md#state. */
export const graphStateSchema = z.looseObject({
  schema_version: z.literal(1),
  task_id: uuidSchema,
  /** When the task was first taken up. */
  started_at: timestampSchema.optional(),
  bounds: taskBoundsSchema.optional(),
  acceptance_criteria: z.array(z.string()).optional(),
  preferences_effective: z.record(z.string(), z.unknown()).optional(),
  preferences_applied: z.array(appliedPreferenceSchema).optional(),
  plan: planSchema.optional(),
  current_step_index: z.int().nonnegative().optional(),
  attempts_by_step: z.record(byStep, z.int().positive()).optional(),
  job_ids_by_step: z.record(byStep, uuidSchema).optional(),
  /** Commands that failed and were replaced. */
  tried_commands: z.record(byStep, z.array(z.array(z.string()))).optional(),
  last_result: lastResultSchema.optional(),
  verification: z
    .looseObject({
      status: z.enum(['pass', 'fail']),
      findings: z.array(findingSchema),
      recommended_actions: z.array(recommendedActionSchema),
    })
    .optional(),
  planner_degraded: z.boolean().optional(),
  /** The last models that were asked. */
  routing: z.array(routeSchema).optional(),
  failure: z.looseObject({ code: z.enum(failureCodes), message: z.string() }).optional(),
});

export type GraphState = z.infer<typeof graphStateSchema>;
export type LastResult = z.infer<typeof lastResultSchema>;
export type Finding = z.infer<typeof findingSchema>;
export type RecommendedAction = z.infer<typeof recommendedActionSchema>;
export type FailureCode = (typeof failureCodes)[number];
export type TaskBounds = z.infer<typeof taskBoundsSchema>;
export type Route = z.infer<typeof routeSchema>;
