import type { OtherTaskEvent } from '@cynodeai/api-client';
import { z } from 'zod';
import type { Fields } from '@cynodeai/command-line/output';

const index = z.int().nonnegative();
const planSchema = z.object({
  steps: z.array(z.object({ step_index: index, title: z.string(), kind: z.string().optional() })),
});
const stepSchema = z.object({ step_index: index, attempt: index, status: z.string() });
const verificationSchema = z.object({
  step_index: index,
  attempt: index,
  status: z.string(),
  findings: z
    .array(z.unknown())
    .transform((list) =>
      list.map((item) => (typeof item === 'string' ? item : JSON.stringify(item))),
    )
    .or(z.string().transform((text) => [text]))
    .optional(),
});

interface Step {
  readonly title?: string;
  readonly kind?: string | undefined;
  readonly status: string;
  readonly attempt?: number;
}

type Verification = z.infer<typeof verificationSchema>;

/**
 * What the events told of a task's workflow: plan, steps, verifications.
 * See docs/reference/tasks-and-jobs.md#events and docs/reference/cli.md#task-commands.
 */
export class WorkflowStory {
  readonly #steps = new Map<number, Step>();
  readonly #verifications: Verification[] = [];

  /** Takes an event in; false when it tells nothing of a workflow or is not understood. */
  add({ name, data }: OtherTaskEvent): boolean {
    if (name === 'workflow.plan') return this.#plan(planSchema.safeParse(data).data);
    if (name === 'workflow.step') return this.#step(stepSchema.safeParse(data).data);
    if (name === 'workflow.verification') {
      const verification = verificationSchema.safeParse(data).data;
      if (verification !== undefined) this.#verifications.push(verification);
      return verification !== undefined;
    }
    return false;
  }

  /** One record a step, then one a verification. */
  records(): Fields[] {
    const steps = [...this.#steps].toSorted(([a], [b]) => a - b);
    return [
      ...steps.map(([step, { title, kind, status, attempt }]) => {
        const last = this.#verifications.findLast((item) => item.step_index === step);
        return { step, title, kind, status, attempts: attempt, verification: last?.status };
      }),
      ...this.#verifications.map(({ step_index: step, attempt, status, findings }) => ({
        verification: status,
        step,
        attempt,
        findings: findings?.length ? findings.join('; ') : undefined,
      })),
    ];
  }

  #plan(plan: z.infer<typeof planSchema> | undefined): boolean {
    for (const { step_index: step, title, kind } of plan?.steps ?? []) {
      this.#steps.set(step, { status: 'pending', ...this.#steps.get(step), title, kind });
    }
    return plan !== undefined;
  }

  #step(step: z.infer<typeof stepSchema> | undefined): boolean {
    if (step === undefined) return false;
    const { step_index: at, attempt, status } = step;
    this.#steps.set(at, { ...this.#steps.get(at), attempt, status });
    return true;
  }
}
