import { expect, it } from 'vitest';
import { workflowSettingKeys, workflowSettings } from './workflow-settings.ts';

it('reads settings of workflows, a lease within its bounds, and takes what is no number as unset', () => {
  const usual = { ttlSeconds: 15, sweepSeconds: 15, maxWallSeconds: 14_400, maxJobs: 50 };
  expect(workflowSettings(new Map())).toEqual(usual);
  const { ttlSeconds, sweepSeconds, maxWallSeconds, maxJobs } = workflowSettingKeys;
  const stored = new Map<string, unknown>([
    [ttlSeconds, 20],
    [sweepSeconds, 3],
    [maxWallSeconds, 60],
    [maxJobs, 7],
  ]);
  expect(workflowSettings(stored)).toEqual({
    ttlSeconds: 20,
    sweepSeconds: 3,
    maxWallSeconds: 60,
    maxJobs: 7,
  });
  expect(workflowSettings(new Map([[ttlSeconds, 1]])).ttlSeconds).toBe(10);
  expect(workflowSettings(new Map([[ttlSeconds, 1e9]])).ttlSeconds).toBe(3600);
  expect(workflowSettings(new Map([[ttlSeconds, '20']])).ttlSeconds).toBe(15);
});
