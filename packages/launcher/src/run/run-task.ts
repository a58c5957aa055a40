import { type GatewayClient, GatewayError, type UploadFile } from '@cynodeai/api-client';
import {
  type CreateTaskRequest,
  type Task,
  type TaskResult,
  gatewayRoutes,
} from '@cynodeai/contracts/gateway';
import { sleep } from '@cynodeai/runtime/lifecycle';
import { LauncherError } from '../base/launcher-error.ts';
import { type Trouble, patienceMs } from './trouble.ts';

export interface RunTaskOptions {
  readonly client: GatewayClient;
  readonly request: CreateTaskRequest;
  /** Attachments, sent with the request. */
  readonly files?: readonly UploadFile[];
  /** Fires on Ctrl-C. */
  readonly signal: AbortSignal;
  readonly onStep: (what: string) => void;
  /** Watches the task from its creation on, until the signal fires. */
  readonly follow?: ((taskId: string, signal: AbortSignal) => Promise<void>) | undefined;
  /** What is said while the job runs. */
  readonly working: string;
  readonly findTrouble: () => Promise<Trouble | undefined>;
  /** Resolves once no container of these jobs is left. */
  readonly waitUntilGone: (jobIds: readonly string[]) => Promise<void>;
}

const lookEveryMs = 1000;
/** Longest wait for the output of a job that was stopped. */
const lastWordsMs = 3000;
const lastWordsPollMs = 100;
/** Longest wait for the last events of a task that has ended. */
const lastNewsMs = 1000;
/** Longest time an upload may stand still. */
const uploadStallMs = 60_000;

/**
 * Creates a task and waits for its end. When the signal fires the task is cancelled, and its sandbox is gone before
 * the result is returned.
 * @throws GatewayError, and LauncherError `stack` when no node takes the work.
 */
export async function runTask(options: RunTaskOptions): Promise<TaskResult> {
  const { client, request, files = [], signal } = options;
  const task = await client.call(gatewayRoutes.createTask, {
    body: request,
    files,
    ...(files.length > 0 && { stallMs: uploadStallMs }),
  });
  const over = new AbortController();
  const stop = AbortSignal.any([signal, over.signal]);
  const watching = watchNode(options, task.task_id, over);
  const following = options.follow?.(task.task_id, stop);
  try {
    const result = await client.waitForTask(task.task_id, { signal: stop });
    await lastNews(following);
    return result;
  } catch (error) {
    if (!stop.aborted) throw error;
    options.onStep('canceling the task');
    const result = await cancelTask(options, task.task_id);
    if (signal.aborted) return result;
    throw over.signal.reason;
  } finally {
    over.abort();
    await Promise.all([watching, following]);
  }
}

/** The end of a task is told to everybody at once; what follows it may be a moment behind. */
async function lastNews(following: Promise<void> | undefined): Promise<void> {
  if (following === undefined) return;
  const enough = new AbortController();
  await Promise.race([following, sleep(lastNewsMs, enough.signal)]);
  enough.abort();
}

/** Tells what is waited for, and gives the task up when no node will ever take it. */
async function watchNode(
  options: RunTaskOptions,
  taskId: string,
  over: AbortController,
): Promise<void> {
  let deadline = performance.now() + patienceMs;
  await sleep(lookEveryMs, over.signal);
  while (!over.signal.aborted) {
    const trouble = await options.findTrouble();
    if (trouble === undefined) {
      const task = await look(options.client, taskId);
      const reason = task?.waiting_text ?? task?.waiting_reason;
      options.onStep(reason === undefined ? options.working : `waiting: ${reason}`);
    } else {
      options.onStep(`waiting: ${trouble.text.split('\n')[0] ?? ''}`);
      if (trouble.working) deadline = performance.now() + patienceMs;
      const late = performance.now() > deadline;
      const queued = late && (await look(options.client, taskId))?.status === 'queued';
      if (trouble.lasting || queued) {
        over.abort(new LauncherError('stack', `the task cannot run: ${trouble.text}`));
      }
    }
    await sleep(lookEveryMs, over.signal);
  }
}

async function look(client: GatewayClient, taskId: string): Promise<Task | undefined> {
  try {
    return await client.call(gatewayRoutes.getTask, { params: { id: taskId } });
  } catch {
    // The gateway went away as well: the wait for the result reports it.
    return undefined;
  }
}

async function cancelTask(options: RunTaskOptions, taskId: string): Promise<TaskResult> {
  const { client } = options;
  try {
    await client.call(gatewayRoutes.cancelTask, { params: { id: taskId }, body: {} });
  } catch (error) {
    // It ended in the same moment: its result counts.
    if (!(error instanceof GatewayError) || error.code !== 'conflict') throw error;
  }
  const result = await client.call(gatewayRoutes.getTaskResult, { params: { id: taskId } });
  await options.waitUntilGone(result.jobs.map((job) => job.id));
  return lastWords(client, result);
}

/** What a stopped job had written comes from its node a moment after its sandbox is gone. */
async function lastWords(client: GatewayClient, canceled: TaskResult): Promise<TaskResult> {
  const deadline = performance.now() + lastWordsMs;
  let result = canceled;
  while (result.jobs.some((job) => job.started_at !== undefined && job.result === undefined)) {
    if (performance.now() > deadline) break;
    await sleep(lastWordsPollMs);
    result = await client.call(gatewayRoutes.getTaskResult, { params: { id: result.task_id } });
  }
  return result;
}
