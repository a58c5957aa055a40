import { z } from 'zod';
import { bodyErrors } from '../common/body-errors.ts';
import { textSchema, timestampSchema, uuidSchema } from '../common/primitives.ts';
import { defineRoute } from '../common/route.ts';
import { workflowTriggers } from '../common/workflow-trigger.ts';
import { workflowLimits, workflowNodeSchema, workflowStateSchema } from './workflow-state.ts';

/** Length of a lease, seconds. See docs/reference/workflow.md#lease. */
export const workflowLeaseSeconds = { min: 10, default: 15, max: 3600 } as const;

const expiresIn = z.int().min(workflowLeaseSeconds.min).max(workflowLeaseSeconds.max).optional();

/** Beside a state a checkpoint has but names. */
const checkpointBytes = workflowLimits.stateBytes + 4096;
const smallBytes = 4096;

/** Whose door a token opens: that of the tools, or that of the models. */
const audience = z.enum(['mcp', 'inference']);

const errors = [...bodyErrors, 'authentication', 'not_found'] as const;
const common = { method: 'POST', auth: 'runner', bodyLimitBytes: smallBytes } as const;

/**
 * What runs a task's graph takes its lease here and keeps its checkpoints; every call but the first is fenced by the
 * lease. See docs/reference/workflow.md#calls.
 */
export const workflowRoutes = {
  startWorkflow: defineRoute({
    ...common,
    operation: 'workflow.start',
    path: '/v1/workflow/start',
    summary: 'Take the lease of a task; the holder of a living one is told of it again',
    body: z.strictObject({
      task_id: uuidSchema,
      holder_id: textSchema.min(1).max(200),
      idempotency_key: textSchema.min(1).max(200).optional(),
      expires_in_sec: expiresIn,
      trigger: z.enum(workflowTriggers).optional(),
    }),
    success: {
      200: {
        kind: 'json',
        schema: z.object({
          run_id: uuidSchema,
          status: z.enum(['started', 'already_running']),
          lease_id: uuidSchema,
          expires_at: timestampSchema,
          context_id: uuidSchema,
        }),
      },
    },
    errors: [...errors, 'lease_held', 'task_closed'],
  }),
  resumeWorkflow: defineRoute({
    ...common,
    operation: 'workflow.resume',
    path: '/v1/workflow/resume',
    summary: 'The last checkpoint of a task; `no_checkpoint` where it begins at the first node',
    body: z.strictObject({ task_id: uuidSchema }),
    success: {
      200: {
        kind: 'json',
        schema: z.object({
          task_id: uuidSchema,
          state: workflowStateSchema,
          last_node_id: workflowNodeSchema,
          updated_at: timestampSchema,
        }),
      },
    },
    errors: [...errors, 'no_checkpoint'],
  }),
  saveCheckpoint: defineRoute({
    ...common,
    operation: 'workflow.checkpoint',
    path: '/v1/workflow/checkpoint',
    summary: 'Keep the state behind a node of the graph',
    body: z.strictObject({
      task_id: uuidSchema,
      lease_id: uuidSchema,
      last_node_id: workflowNodeSchema,
      state: workflowStateSchema,
    }),
    bodyLimitBytes: checkpointBytes,
    success: { 204: { kind: 'empty' } },
    errors: [...errors, 'lease_lost'],
  }),
  renewWorkflow: defineRoute({
    ...common,
    operation: 'workflow.renew',
    path: '/v1/workflow/renew',
    summary: 'Hold a living lease longer',
    body: z.strictObject({
      task_id: uuidSchema,
      lease_id: uuidSchema,
      expires_in_sec: expiresIn,
    }),
    success: { 200: { kind: 'json', schema: z.object({ expires_at: timestampSchema }) } },
    errors: [...errors, 'lease_lost'],
  }),
  releaseWorkflow: defineRoute({
    ...common,
    operation: 'workflow.release',
    path: '/v1/workflow/release',
    summary: 'Give a lease back; again is as good as once',
    body: z.strictObject({
      task_id: uuidSchema,
      lease_id: uuidSchema,
      outcome: z.enum(['completed', 'failed', 'canceled', 'yielded']).optional(),
    }),
    success: { 204: { kind: 'empty' } },
    errors: [...errors, 'lease_mismatch'],
  }),
  issueAgentToken: defineRoute({
    ...common,
    operation: 'agent_tokens.create',
    path: '/v1/internal/agent-tokens',
    summary: 'A token of the Project Manager, or of an analyst of a task whose lease lives',
    body: z.discriminatedUnion('agent_type', [
      z.strictObject({ agent_type: z.literal('project_manager'), audience }),
      z.strictObject({
        agent_type: z.literal('project_analyst'),
        audience,
        task_id: uuidSchema,
        lease_id: uuidSchema,
      }),
    ]),
    success: {
      201: {
        kind: 'json',
        schema: z.object({ token: z.string(), expires_at: timestampSchema }),
      },
    },
    errors: [...errors, 'lease_lost'],
  }),
} as const;
