import type { StreamedTaskEvent } from '@cynodeai/api-client';
import type { Fields } from '@cynodeai/command-line/output';

interface Step {
  readonly title?: string;
  readonly kind?: string | undefined;
  readonly status: string;
  readonly attempt?: number;
}

type DataOf<N extends StreamedTaskEvent['event']> = Extract<
  StreamedTaskEvent,
  { readonly event: N }
>['data'];

/**
 * What the events told of a task's workflow: plan, steps, verifications.
 * See docs/reference/tasks-and-jobs.md#events and docs/reference/cli.md#task-commands.
 */
export class WorkflowStory {
  readonly #steps = new Map<number, Step>();
  readonly #verifications: DataOf<'workflow.verification'>[] = [];

  /** Takes an event in; false when it tells nothing of a workflow. */
  add({ event, data }: StreamedTaskEvent): boolean {
    switch (event) {
      case 'workflow.plan':
        for (const { step_index: step, title, kind } of data.steps) {
          this.#steps.set(step, { status: 'pending', ...this.#steps.get(step), title, kind });
        }
        return true;
      case 'workflow.step': {
        const { step_index: step, attempt, status } = data;
        this.#steps.set(step, { ...this.#steps.get(step), attempt, status });
        return true;
      }
      case 'workflow.verification':
        this.#verifications.push(data);
        return true;
      case 'task.status':
      case 'job.status':
      case 'job.log':
      case 'other':
        return false;
    }
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
        findings: findings.length > 0 ? findings.join('; ') : undefined,
      })),
    ];
  }
}
