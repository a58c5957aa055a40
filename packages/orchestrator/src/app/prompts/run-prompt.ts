import type { Log } from '@cynodeai/runtime/observe';
import { type Clock, messageOf, uuidv7 } from '@cynodeai/runtime/std';
import { type Ended, failed } from '../../domain/dispatch/outcome.ts';
import { logPieces } from '../../domain/jobs/end-events.ts';
import { leaseTimes, retryDelayMs } from '../../domain/jobs/job-lease.ts';
import { type ModelAnswer, answeredEnd } from '../../domain/prompts/model-answer.ts';
import { modelRequest } from '../../domain/prompts/model-request.ts';
import { fallbackPayload } from '../../domain/prompts/sandbox-fallback.ts';
import type { BlobOpener } from '../../ports/blobs.ts';
import type { EndedJob, FallbackJob, JobQueue } from '../../ports/dispatch.ts';
import type { ModelClient, ModelEndpoint } from '../../ports/model-client.ts';
import type { ClaimedPrompt } from '../../ports/prompts.ts';
import type { TaskInput } from '../../ports/task-input.ts';
import type { JobCompleter } from '../jobs/job-completer.ts';
import { retryStorage } from '../jobs/retry-storage.ts';
import { readModelInput } from './read-model-input.ts';

export interface RunPromptDeps {
  readonly client: ModelClient;
  readonly queue: Pick<JobQueue, 'requeue' | 'taskInput'>;
  readonly blobs: BlobOpener;
  readonly completer: JobCompleter;
  readonly log: Log;
  readonly clock: Clock;
  /** Monotonic clock, ms. */
  readonly monotonicMs: () => number;
  /** Waits, or less when the signal fires; never rejects. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Limit of one call, ms. */
  readonly timeoutMs: number;
  /** A prompt may be claimed again in `ms`. */
  readonly onDue: (ms: number) => void;
}

/** A claimed prompt and where it goes. */
export interface PromptCall {
  readonly prompt: ClaimedPrompt;
  readonly model: string;
  readonly endpoint: ModelEndpoint;
  /** When it was claimed, on the monotonic clock, ms. */
  readonly claimedAt: number;
  /** Fires when the call is not wanted any more: canceled, lease lost, or the process ends. */
  readonly signal: AbortSignal;
  /** The node did not answer: others are preferred for a while. True when there is one to ask at once. */
  readonly onSilent: () => boolean;
}

async function putBack(
  { prompt, signal }: PromptCall,
  back: { readonly delayMs: number; readonly reason: string },
  deps: RunPromptDeps,
): Promise<void> {
  const { log, sleep, queue } = deps;
  log.warn('a prompt goes back into the queue', { job_id: prompt.jobId, reason: back.reason });
  const what = 'a prompt that was not answered';
  await retryStorage(() => queue.requeue(prompt, { ...back, refusedBy: undefined }), {
    log,
    what,
    sleep,
    signal,
  });
  deps.onDue(back.delayMs);
}

async function end(
  { prompt }: PromptCall,
  { status, result, summary }: Ended,
  deps: RunPromptDeps,
  next?: FallbackJob,
): Promise<void> {
  const { taskId, jobId, leaseId } = prompt;
  const logs = logPieces(result);
  const job: EndedJob = { taskId, jobId, leaseId, status, result, summary, logs };
  const stored = await deps.completer.complete({ ...job, ...(next && { next }) });
  deps.log.info('a job ended', {
    job_id: jobId,
    task_id: taskId,
    status,
    stored,
    ...(next && { next_job_id: next.jobId }),
  });
}

/** The call failed: the sandbox is asked, once. */
function handOn(
  call: PromptCall,
  { errorType, message }: Extract<ModelAnswer, { readonly kind: 'failed' }>,
  input: TaskInput,
  deps: RunPromptDeps,
): Promise<void> {
  const { jobId } = call.prompt;
  const fault = { job_id: jobId, error_type: errorType, error_message: message };
  deps.log.warn('a model call failed', fault);
  const payload = fallbackPayload(call.model, fault, input.files);
  const next = { jobId: uuidv7(deps.clock.now().getTime()), payload };
  return end(call, failed(errorType, message), deps, next);
}

/** Asks once, given what the user wrote and sent. */
async function ask(
  call: PromptCall,
  input: TaskInput,
  text: string,
  deps: RunPromptDeps,
): Promise<void> {
  const { prompt, model, endpoint, signal } = call;
  const startedAt = deps.clock.now();
  const answer = await deps.client.generate(endpoint, modelRequest(model, text), {
    timeoutMs: deps.timeoutMs,
    signal,
  });
  if (signal.aborted) return;
  switch (answer.kind) {
    case 'not_taken': {
      const elsewhere = answer.isUnreachable && call.onSilent();
      const delayMs = elsewhere ? 0 : retryDelayMs(prompt.attempt, Math.random());
      return putBack(call, { delayMs, reason: answer.message }, deps);
    }
    case 'failed':
      return handOn(call, answer, input, deps);
    case 'answered': {
      const { taskId, jobId } = prompt;
      const times = { startedAt, endedAt: deps.clock.now() };
      return end(call, answeredEnd(answer, { taskId, jobId, model, ...times }), deps);
    }
  }
}

/**
 * Asks the model and stores its answer, or hands the prompt on to a sandbox when the call fails. The prompt is one
 * value of a JSON body on every way. Contract 01 section 4.4 (REQ-ORCHES-0125).
 */
export async function runPrompt(call: PromptCall, deps: RunPromptDeps): Promise<void> {
  const { prompt, claimedAt, signal } = call;
  const { log, sleep, queue } = deps;
  const what = 'the start of a model call';
  const read = (): Promise<TaskInput> => queue.taskInput(prompt.taskId);
  const input = await retryStorage(read, { log, what, sleep, signal });
  if (input === undefined) return;
  let text: string;
  try {
    text = await readModelInput(input, deps.blobs);
  } catch (error) {
    const message = `the input of the job cannot be read: ${messageOf(error)}`;
    log.error('the input of a job cannot be read', { job_id: prompt.jobId });
    return end(call, failed('input_unavailable', message), deps);
  }
  // A process that was frozen since its claim may find the prompt answered by others.
  if (deps.monotonicMs() - claimedAt > leaseTimes(prompt.leaseMs).freshMs) {
    return putBack(call, { delayMs: 0, reason: 'the lease was too old to call the model' }, deps);
  }
  return ask(call, input, text, deps);
}

/** Logs what should not happen at all; the lease ends by itself then. */
export function logLostPrompt(log: Log, prompt: ClaimedPrompt, error: unknown): void {
  log.error('a prompt could not be brought to its end', {
    job_id: prompt.jobId,
    error: messageOf(error),
  });
}
