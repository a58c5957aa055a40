import type { AgentJob, AgentJobRequest } from '@cynodeai/contracts/mcp';
import { agentJob, jobFiles, withFiles } from '../../../domain/mcp/agent-job.ts';
import { ToolRefusal } from '../../../domain/mcp/tool-refusal.ts';
import type { ToolEffects } from '../../../ports/tool-effects.ts';

export interface AskedJob {
  readonly taskId: string;
  readonly jobId: string;
  readonly run: AgentJobRequest;
  readonly at: Date;
}

/**
 * Queues a job of a task for an agent, with the files that the task has now; the same job is queued once.
 * @throws ToolRefusal `conflict`, `invalid_arguments`, `not_found`
 */
export async function runJob(
  { tasks, jobs }: Pick<ToolEffects, 'tasks' | 'jobs'>,
  { taskId, jobId, run, at }: AskedJob,
): Promise<AgentJob['status']> {
  const task = await tasks.lock(taskId);
  if (task === undefined) throw new ToolRefusal('not_found', 'no such task');
  const wanted = { taskId, jobId, payload: agentJob(run), at };
  const known = await jobs.known(wanted);
  if (known?.isSame === true) return known.status;
  if (known !== undefined) {
    throw new ToolRefusal('conflict', 'there is a job of that job_id, and it is another one');
  }
  if (task.closed) throw new ToolRefusal('conflict', `the task has ended: it is ${task.status}`);
  const { had, most } = await jobs.room(taskId);
  if (had >= most) {
    throw new ToolRefusal(
      'quota_exceeded',
      `the task has had ${had} jobs, and ${most} is the most (workflow.max_jobs_per_task)`,
    );
  }
  const files = await jobs.files(taskId);
  const { attachments: named = [] } = run;
  const missing = named.find((path) => !files.some((file) => file.path === path));
  if (missing !== undefined) {
    throw new ToolRefusal('invalid_arguments', `attachments: the task has no file ${missing}`);
  }
  await jobs.create({ ...wanted, payload: withFiles(wanted.payload, jobFiles(files, named)) });
  return 'queued';
}
