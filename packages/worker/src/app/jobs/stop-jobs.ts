import type { Job } from './job.ts';

/** Names of the containers that were ended, and of those that did not die. */
export interface StopOutcome {
  readonly stopped: string[];
  readonly resisted: string[];
}

/** How long a stop waits for a container behind its grace before it counts as resisting, in ms. */
const killLimitMs = 5000;

/** Ends jobs side by side; returns 5 s after `graceMs` at the latest. `end` tells whether nothing is left of one. */
export async function stopJobs(
  jobs: readonly Job[],
  end: (job: Job) => Promise<boolean>,
  graceMs: number,
): Promise<StopOutcome> {
  const { promise: late, resolve } = Promise.withResolvers<false>();
  const timer = setTimeout(() => resolve(false), graceMs + killLimitMs);
  const ends = jobs.map(async (job) => ({
    name: job.name,
    ended: await Promise.race([end(job), late]),
  }));
  const outcomes = await Promise.all(ends);
  clearTimeout(timer);
  const names = (ended: boolean): string[] =>
    outcomes.filter((outcome) => outcome.ended === ended).map((outcome) => outcome.name);
  return { stopped: names(true), resisted: names(false) };
}
