import { workflowLeaseSeconds } from '@cynodeai/contracts/control-plane';
import { positiveInteger } from '../nodes/config-settings.ts';

/** Settings of workflows. See docs/reference/workflow.md#lease. */
export const workflowSettingKeys = {
  ttlSeconds: 'workflow.lease.ttl_seconds',
  sweepSeconds: 'workflow.sweep_interval_seconds',
  maxWallSeconds: 'workflow.max_wall_seconds',
  maxJobs: 'workflow.max_jobs_per_task',
} as const;

/** Whether prompts are planned and run in steps; otherwise a model answers them straight. */
export const promptsSettingKey = 'workflow.prompts';

export interface WorkflowSettings {
  /** Length of a lease whose holder asks for none. */
  readonly ttlSeconds: number;
  /** Longest time between two looks for tasks nobody runs. */
  readonly sweepSeconds: number;
  /** Longest time of one task. */
  readonly maxWallSeconds: number;
  /** Most jobs of one task. */
  readonly maxJobs: number;
}

const defaults = { sweepSeconds: 15, maxWallSeconds: 14_400, maxJobs: 50 } as const;

/** What is stored under these keys; a value of another kind counts as unset, a lease has its bounds. */
export function workflowSettings(stored: ReadonlyMap<string, unknown>): WorkflowSettings {
  const of = (key: keyof typeof workflowSettingKeys): number | undefined =>
    positiveInteger(stored.get(workflowSettingKeys[key]));
  const { min, max, default: usual } = workflowLeaseSeconds;
  return {
    ttlSeconds: Math.min(Math.max(of('ttlSeconds') ?? usual, min), max),
    sweepSeconds: of('sweepSeconds') ?? defaults.sweepSeconds,
    maxWallSeconds: of('maxWallSeconds') ?? defaults.maxWallSeconds,
    maxJobs: of('maxJobs') ?? defaults.maxJobs,
  };
}
