import type { HistoryEvent } from './history.ts';

/** What the history proves. */
export interface Verdict {
  readonly submitted: number;
  readonly completed: number;
  readonly faults: number;
  /** Engine runs in all, by the outside witness. */
  readonly runs: number;
  /** Jobs that were started more than once, which only faults explain. */
  readonly rerun: number;
  /** Broken promises, each in one sentence. */
  readonly violations: readonly string[];
}

type Of<W extends HistoryEvent['what']> = Extract<HistoryEvent, { what: W }>;

function all<W extends HistoryEvent['what']>(history: readonly HistoryEvent[], what: W): Of<W>[] {
  return history.filter((event): event is Of<W> => event.what === what);
}

/** Witness stamps and the database's clock are of one host; this much may lie between reading and writing one, ms. */
const clockSlackMs = 5;

/**
 * Judges a finished run: nothing accepted is lost, everything ended well, nothing that had ended was started again,
 * nothing was started twice without a fault in between.
 */
export function judge(history: readonly HistoryEvent[]): Verdict {
  const submitted = all(history, 'submitted');
  const finals = all(history, 'job_final');
  const starts = Map.groupBy(all(history, 'engine_start'), (event) => event.jobId);
  const faults = all(history, 'fault');
  const byTask = Map.groupBy(finals, (event) => event.taskId);
  const violations: string[] = [];
  for (const { taskId } of submitted) {
    const jobs = byTask.get(taskId) ?? [];
    if (jobs.length !== 1)
      violations.push(`task ${taskId} has ${jobs.length} ended jobs instead of one`);
    for (const job of jobs) {
      if (job.status === 'completed') continue;
      violations.push(`job ${job.jobId} ended as ${job.status}: ${job.reason ?? 'no reason'}`);
    }
  }
  for (const job of finals) {
    const runs = starts.get(job.jobId) ?? [];
    if (job.status === 'completed' && runs.length === 0) {
      violations.push(`job ${job.jobId} is completed although no engine ever ran it`);
    }
    if (runs.some((run) => run.at > job.at + clockSlackMs)) {
      violations.push(`job ${job.jobId} was started again after it had ended`);
    }
    if (runs.length > 1 && !faults.some((fault) => fault.at < (runs.at(-1)?.at ?? 0))) {
      violations.push(`job ${job.jobId} was started ${runs.length} times without any fault before`);
    }
  }
  return {
    submitted: submitted.length,
    completed: finals.filter((job) => job.status === 'completed').length,
    faults: faults.length,
    runs: [...starts.values()].reduce((sum, runs) => sum + runs.length, 0),
    rerun: [...starts.values()].filter((runs) => runs.length > 1).length,
    violations,
  };
}
