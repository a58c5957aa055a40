import type { AgentJob } from '@cynodeai/contracts/mcp';
import { type Clock, uuidv7 } from '@cynodeai/runtime/std';
import { boundedOutput, withoutValues } from '../../../domain/mcp/bounded-output.ts';
import { ToolRefusal } from '../../../domain/mcp/tool-refusal.ts';
import type { Seal } from '../../../domain/tasks/page-cursor.ts';
import type { AgentJobReader } from '../../../ports/agent-views.ts';
import type { TaskSignals } from '../../../ports/tasks.ts';
import type { AgentJobWriter } from '../../../ports/tool-effects.ts';
import { TaskWatch } from '../../tasks/task-watch.ts';
import type { HandlersBelow, ToolCall } from '../tool-handlers.ts';
import { taskIdOf } from './call-user.ts';
import { pageByTime } from './pages.ts';
import { runJob } from './run-job.ts';

export interface JobToolDeps {
  readonly jobs: AgentJobReader;
  readonly signals: TaskSignals;
  readonly seal: Seal;
  readonly clock: Clock;
}

const ended: readonly AgentJob['status'][] = ['completed', 'failed', 'canceled'];
/** Notifications are hints: whoever waits looks again by itself. */
const lookAgainMs = 1000;
const usualOutputBytes = 65_536;

const noSuchJob = (): ToolRefusal => new ToolRefusal('not_found', 'no such job');

async function read({ jobs }: JobToolDeps, jobId: string): Promise<AgentJob> {
  const job = await jobs.find(jobId);
  if (job === undefined) throw noSuchJob();
  return job;
}

/** The job once it has ended or the time is over, whichever comes first. */
async function waitFor(
  deps: JobToolDeps,
  call: ToolCall,
  jobId: string,
  waitMs: number,
): Promise<AgentJob> {
  using watch = new TaskWatch(deps.signals, taskIdOf(call), call.signal);
  const until = performance.now() + waitMs;
  for (;;) {
    const job = await read(deps, jobId);
    const leftMs = until - performance.now();
    if (ended.includes(job.status) || leftMs <= 0 || call.signal.aborted) return job;
    await call.progress({ progress: waitMs - leftMs, total: waitMs, message: job.status });
    await watch.next(Math.min(lookAgainMs, leftMs));
  }
}

async function locked(jobs: AgentJobWriter, jobId: string): Promise<AgentJob> {
  const job = await jobs.lock(jobId);
  if (job === undefined) throw noSuchJob();
  return job;
}

/** Handlers of the tools on jobs. See docs/reference/mcp.md#tools. */
export function jobTools(deps: JobToolDeps): HandlersBelow<'db.job'> & HandlersBelow<'job'> {
  const { jobs, seal, clock } = deps;
  return {
    'db.job.get': async (call, args) => {
      const {
        job_id: jobId,
        max_output_bytes: max = usualOutputBytes,
        wait_seconds: wait = 0,
      } = args;
      const job = await waitFor(deps, call, jobId, wait * 1000);
      return boundedOutput(withoutValues(job), max);
    },
    'db.job.list': async (call, { status, ...page }) => {
      const taskId = taskIdOf(call);
      const { rows, next_cursor } = await pageByTime(seal, page, (after, limit) =>
        jobs.list({ taskId, status, after, limit }),
      );
      return { jobs: [...rows], next_cursor };
    },
    'db.job.update_status':
      async (_call, { job_id: jobId, status }) =>
      async (effects) => {
        const job = await locked(effects.jobs, jobId);
        if (job.status === status) return { job: withoutValues(job) };
        const mayMove =
          status === 'canceled'
            ? !ended.includes(job.status)
            : status === 'queued' && job.status === 'lease_expired';
        if (!mayMove || (status !== 'canceled' && status !== 'queued')) {
          throw new ToolRefusal(
            'invalid_transition',
            `a job that is ${job.status} does not become ${status}; you may cancel it, or put it back when its lease ran out`,
          );
        }
        return { job: withoutValues(await effects.jobs.move(job, status, clock.now())) };
      },
    'job.run': async (call, args) => async (effects) => {
      const taskId = taskIdOf(call);
      const at = clock.now();
      const { job_id: jobId = uuidv7(at.getTime()) } = args;
      return { job_id: jobId, status: await runJob(effects, { taskId, jobId, run: args, at }) };
    },
    'job.cancel':
      async (_call, { job_id: jobId, reason }) =>
      async (effects) => {
        const job = await locked(effects.jobs, jobId);
        if (ended.includes(job.status)) return { status: job.status };
        return { status: (await effects.jobs.move(job, 'canceled', clock.now(), reason)).status };
      },
  };
}
