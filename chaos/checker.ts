import type { HistoryEvent } from './history.ts';

/** What the history proves. */
export interface Verdict {
  readonly submitted: number;
  /** Tasks in plain words among them. */
  readonly asked: number;
  readonly completed: number;
  readonly faults: number;
  /** Engine runs in all: every start is one, by the recorder in the engine's place. */
  readonly runs: number;
  /** Leases on a node in all, by the database. */
  readonly leases: number;
  /** Jobs that were started more than once, which only faults explain. */
  readonly rerun: number;
  /** Broken promises, each in one sentence. */
  readonly violations: readonly string[];
}

/** Something about one job on one node. */
interface Placed {
  readonly at: number;
  readonly node: string;
}

type Of<W extends HistoryEvent['what']> = Extract<HistoryEvent, { what: W }>;

function all<W extends HistoryEvent['what']>(history: readonly HistoryEvent[], what: W): Of<W>[] {
  return history.filter((event): event is Of<W> => event.what === what);
}

function byJob<E extends { readonly at: number; readonly jobId: string }>(
  events: readonly E[],
): Map<string, E[]> {
  return Map.groupBy(
    events.toSorted((a, b) => a.at - b.at),
    (event) => event.jobId,
  );
}

/** Stamps of the recorder and the database's clock are of one host; this much may lie between reading and writing one, ms. */
const clockSlackMs = 5;

/**
 * Runs that no lease explains. A lease lets its node start the job once: between two runs of a job on one node, and
 * before the first, a lease of that job on that node must begin.
 */
function unleased(runs: readonly Placed[], leases: readonly Placed[]): Placed[] {
  return runs.filter((run, index) => {
    const previous = runs.slice(0, index).findLast((other) => other.node === run.node);
    const since = previous?.at ?? Number.NEGATIVE_INFINITY;
    return !leases.some(({ node, at }) => node === run.node && at > since && at <= run.at);
  });
}

/** What is wrong with the number and the times of a job's runs. */
function wrongRuns(
  job: Of<'job_final'>,
  runs: readonly Placed[],
  faultBefore: boolean,
): readonly string[] {
  const allowed = job.attempt - job.freeAttempts;
  const count = runs.length;
  return [
    ...(job.status === 'completed' && count === 0 && !job.isAnswer
      ? ['is completed although no engine ever ran it']
      : []),
    ...(runs.some((run) => run.at > job.at + clockSlackMs)
      ? ['was started again after it had ended']
      : []),
    ...(count > 1 && !faultBefore ? [`was started ${count} times without any fault before`] : []),
    ...(count > allowed ? [`was started ${count} times in ${allowed} attempts`] : []),
  ];
}

/** What is wrong with tasks in plain words: each step has one job and one good verdict, whatever was killed. */
function wrongTasks(history: readonly HistoryEvent[]): string[] {
  const finals = new Map(all(history, 'task_final').map((event) => [event.taskId, event]));
  return all(history, 'asked').flatMap(({ taskId, steps }) => {
    const end = finals.get(taskId);
    if (end === undefined) return [`task ${taskId} has no end`];
    const { status, jobs, passed, summary } = end;
    const wrong = `ended as ${status} with ${jobs} jobs and ${passed} good verdicts for ${steps} steps: ${summary}`;
    const isRight = status === 'completed' && jobs === steps && passed === steps;
    return isRight ? [] : [`task ${taskId} ${wrong}`];
  });
}

/**
 * Judges a finished run: nothing accepted is lost, everything ended well, nothing that had ended was started again,
 * nothing was started twice without a fault in between, and each start had a lease and an attempt of its own.
 */
export function judge(history: readonly HistoryEvent[]): Verdict {
  const submitted = all(history, 'submitted');
  const finals = all(history, 'job_final');
  const starts = byJob(all(history, 'engine_start'));
  const leases = byJob(all(history, 'lease'));
  const faults = all(history, 'fault');
  const byTask = Map.groupBy(finals, (event) => event.taskId);
  const violations = wrongTasks(history);
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
    const faultBefore = faults.some((fault) => fault.at < (runs.at(-1)?.at ?? 0));
    const wrongs = [
      ...wrongRuns(job, runs, faultBefore),
      ...unleased(runs, leases.get(job.jobId) ?? []).map(
        (run) => `was started on ${run.node} without a lease of its own`,
      ),
    ];
    violations.push(...wrongs.map((wrong) => `job ${job.jobId} ${wrong}`));
  }
  return {
    submitted: submitted.length,
    asked: all(history, 'asked').length,
    completed: finals.filter((job) => job.status === 'completed').length,
    faults: faults.length,
    runs: all(history, 'engine_start').length,
    leases: all(history, 'lease').length,
    rerun: [...starts.values()].filter((runs) => runs.length > 1).length,
    violations,
  };
}
