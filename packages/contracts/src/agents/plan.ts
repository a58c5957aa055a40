import { z } from 'zod';
import { textSchema } from '../common/primitives.ts';
import { relativePathSchema } from '../common/relative-path.ts';

/** Bounds of a plan. See docs/reference/workflow.md#plan. */
export const planLimits = {
  titleChars: 200,
  instructionChars: 16 * 1024,
  timeoutSeconds: { min: 1, default: 300, max: 10_800 },
  commandWords: 256,
  evidence: 20,
  outputs: 20,
  inputs: 100,
} as const;

const id = z
  .string()
  .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, 'must be lower-case words joined by dashes')
  .max(63);
const instruction = textSchema.min(1).max(planLimits.instructionChars);
const words = z.array(textSchema).min(1).max(planLimits.commandWords);

/** What a step must leave; a path is below the folder of artifacts. */
export const expectedOutputSchema = z.strictObject({
  description: textSchema.min(1),
  exit_code: z.int().min(0).max(255).default(0),
  stdout_contains: textSchema.optional(),
  artifact_path: relativePathSchema.optional(),
});

export const remediationSchema = z.strictObject({
  text: textSchema,
  command: words.optional(),
  transient_cause: textSchema.optional(),
});

const common = {
  step_id: id,
  title: textSchema.min(1).max(planLimits.titleChars),
  timeout_seconds: z
    .int()
    .min(planLimits.timeoutSeconds.min)
    .max(planLimits.timeoutSeconds.max)
    .default(planLimits.timeoutSeconds.default),
  inputs: z.array(relativePathSchema).max(planLimits.inputs).default([]),
  expected_outputs: z.array(expectedOutputSchema).min(1).max(planLimits.outputs),
  evidence: z.array(textSchema.min(1)).min(1).max(planLimits.evidence),
  /** Set by a verification that failed. */
  remediation: remediationSchema.optional(),
};

const sandboxed = {
  ...common,
  image_ref: textSchema.min(1).optional(),
  env: z.record(z.string(), textSchema).optional(),
  network_policy: z.enum(['none', 'restricted']).default('restricted'),
  requirements: z
    .strictObject({
      labels: z.array(z.string()).optional(),
      gpu: z.boolean().optional(),
      min_ram_mb: z.int().positive().optional(),
      model_ref: z.string().optional(),
    })
    .optional(),
};

/** One step of a plan, by what it is. */
export const planStepSchema = z.discriminatedUnion('kind', [
  z.strictObject({ ...common, kind: z.literal('model_answer'), instruction }),
  z.strictObject({
    ...sandboxed,
    kind: z.literal('sandbox_command'),
    command: words,
    instruction: instruction.optional(),
    use_inference: z.boolean().default(false),
  }),
  z.strictObject({
    ...sandboxed,
    kind: z.literal('sandbox_agent'),
    instruction,
    use_inference: z.boolean().default(true),
  }),
]);

export type PlanStep = z.infer<typeof planStepSchema>;

/** What a planner answers with. */
export const planSchema = z.strictObject({
  steps: z.array(planStepSchema).min(1),
  assumptions: z.array(textSchema).default([]),
  /** A name for the task, where it has none of its own. */
  task_name: textSchema.optional(),
});

export type Plan = z.infer<typeof planSchema>;
