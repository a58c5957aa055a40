import type { TaskBounds } from '@cynodeai/contracts/agents';

/** Bounds where no setting says otherwise. See docs/reference/workflow.md#bounds. */
const usual: TaskBounds = {
  max_steps: 20,
  max_attempts: 3,
  max_jobs: 50,
  max_wall_seconds: 14_400,
  inference_wait_seconds: 600,
};

const keys: Readonly<Record<keyof TaskBounds, string>> = {
  max_steps: 'workflow.max_steps',
  max_attempts: 'workflow.max_attempts_per_step',
  max_jobs: 'workflow.max_jobs_per_task',
  max_wall_seconds: 'workflow.max_wall_seconds',
  inference_wait_seconds: 'workflow.inference_wait_seconds',
};

/** Bounds of a task by what is set; a value of another kind counts as unset. */
export function taskBounds(settings: ReadonlyMap<string, unknown>): TaskBounds {
  const of = (field: keyof TaskBounds): number => {
    const value = settings.get(keys[field]);
    return Number.isSafeInteger(value) && Number(value) > 0 ? Number(value) : usual[field];
  };
  return {
    max_steps: of('max_steps'),
    max_attempts: of('max_attempts'),
    max_jobs: of('max_jobs'),
    max_wall_seconds: of('max_wall_seconds'),
    inference_wait_seconds: of('inference_wait_seconds'),
  };
}

/** Bounds of a task whose state does not say them. */
export const usualBounds = usual;
