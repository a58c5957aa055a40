import type { LastResult } from '@cynodeai/contracts/agents';
import type { AgentJob } from '@cynodeai/contracts/mcp';
import { excerptOf } from '../../domain/excerpt.ts';
import { evidenceOf, modelOfJob } from '../evidence.ts';
import {
  type NodeScene,
  type NodeWork,
  isOutOfTime,
  presentJob,
  presentStep,
} from '../node-scene.ts';
import { taskFiles } from '../pages.ts';
import { openTask } from '../open-task.ts';
import { WorkflowFailure } from '../workflow-failure.ts';

/** One answer is held so long, seconds. */
const waitSeconds = 25;

/** Where an answer came at once although the job goes on, ms. */
const leastMs = 1000;

/** Beyond its own time limit: a wait for the image, and slack, ms. */
const slackMs = 690_000;

/** A model that answers has so long at least, ms. */
const modelMs = 2_400_000;

/** Files that a state keeps. */
const keptFiles = 200;

const ended: ReadonlySet<AgentJob['status']> = new Set(['completed', 'failed', 'canceled']);

const cancel = async ({ tools, task, signal }: NodeScene, jobId: string, reason: string) => {
  await tools.call('job.cancel', { task_id: task.id, job_id: jobId, reason }, signal);
};

/** The job when it has ended; one that is over its time is canceled. */
async function endOfJob(scene: NodeScene, jobId: string) {
  const { tools, deps, state, signal } = scene;
  const { step } = presentStep(state);
  const own = step.timeout_seconds * 1000;
  const allowedMs = (step.kind === 'model_answer' ? Math.max(own, modelMs) : own) + slackMs;
  for (;;) {
    const asked = deps.elapsedMs();
    const args = { job_id: jobId, wait_seconds: waitSeconds };
    const answer = await tools.call('db.job.get', args, signal);
    const { job } = answer;
    if (ended.has(job.status)) return answer;
    const now = deps.clock.now();
    if (isOutOfTime(state, deps.clock)) {
      await cancel(scene, jobId, 'the time of the task is over');
      throw new WorkflowFailure('budget_exhausted', 'Its time is over.');
    }
    const runs = job.started_at === null ? 0 : now.getTime() - Date.parse(job.started_at);
    if (job.status === 'running' && runs > allowedMs) {
      await cancel(scene, jobId, 'the job did not end in its time');
    }
    if (deps.elapsedMs() - asked < leastMs) await deps.sleep(leastMs, signal);
    signal.throwIfAborted();
  }
}

/** Waits for the present step's job. See docs/reference/workflow.md#jobs. */
export const collectResult: NodeWork = async (scene) => {
  const { state, task, tools, signal } = scene;
  const { index } = presentStep(state);
  const { job, output_truncated: isTruncated } = await endOfJob(scene, presentJob(state, index));
  // The end of a task takes its jobs along.
  if (job.status === 'canceled') await openTask(tools, task.id, signal);
  const files = await taskFiles(tools, task.id, signal);
  const { stdout, stderr, exitCode, truncated } = evidenceOf(job, isTruncated, files);
  const model = modelOfJob(job);
  const result: LastResult = {
    job_id: job.id,
    job_status: job.status,
    exit_code: exitCode ?? null,
    stdout_excerpt: excerptOf(stdout),
    stderr_excerpt: excerptOf(stderr),
    truncated,
    artifacts: files
      .filter(({ path }) => !path.startsWith('upload/'))
      .slice(0, keptFiles)
      .map(({ path, size_bytes }) => ({ path, size_bytes })),
    ...(model !== undefined && { model_ref: model }),
  };
  return { ...state, last_result: result };
};
