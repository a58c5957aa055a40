import type { Log } from '@cynodeai/runtime/observe';
import { type Clock, messageOf } from '@cynodeai/runtime/std';
import { type Ended, failed } from '../../domain/dispatch/outcome.ts';
import { logPieces } from '../../domain/jobs/end-events.ts';
import { leaseTimes, retryDelayMs } from '../../domain/jobs/job-lease.ts';
import { type ModelAnswer, answeredEnd } from '../../domain/prompts/model-answer.ts';
import { modelRequest } from '../../domain/prompts/model-request.ts';
import type { EndedJob, JobQueue } from '../../ports/dispatch.ts';
import type { ModelClient, ModelEndpoint } from '../../ports/model-client.ts';
import type { ClaimedPrompt } from '../../ports/prompts.ts';
import type { JobCompleter } from '../jobs/job-completer.ts';
import { retryStorage } from '../jobs/retry-storage.ts';

export interface RunPromptDeps {
  readonly client: ModelClient;
  readonly queue: Pick<JobQueue, 'requeue'>;
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
): Promise<void> {
  const { taskId, jobId, leaseId } = prompt;
  const job: EndedJob = {
    taskId,
    jobId,
    leaseId,
    status,
    result,
    summary,
    logs: logPieces(result),
  };
  const stored = await deps.completer.complete(job);
  deps.log.info('a job ended', { job_id: jobId, task_id: taskId, status, stored });
}

function judged(
  call: PromptCall,
  answer: Exclude<ModelAnswer, { readonly kind: 'busy' }>,
  times: { readonly startedAt: Date; readonly endedAt: Date },
): Ended {
  if (answer.kind === 'failed') return failed(answer.errorType, answer.message);
  const { taskId, jobId } = call.prompt;
  return answeredEnd(answer, { taskId, jobId, model: call.model, ...times });
}

/**
 * Asks the model and stores its answer, or hands the prompt on to the sandbox when the call fails. The prompt is one
 * value of a JSON body on every way. Contract 01 section 4.4 (REQ-ORCHES-0125).
 */
export async function runPrompt(call: PromptCall, deps: RunPromptDeps): Promise<void> {
  const { prompt, model, endpoint, claimedAt, signal } = call;
  // A process that was frozen since its claim may find the prompt answered by others.
  if (deps.monotonicMs() - claimedAt > leaseTimes(prompt.leaseMs).freshMs) {
    return putBack(call, { delayMs: 0, reason: 'the lease was too old to call the model' }, deps);
  }
  const startedAt = deps.clock.now();
  const request = modelRequest(model, prompt.prompt);
  const answer = await deps.client.generate(endpoint, request, {
    timeoutMs: deps.timeoutMs,
    signal,
  });
  if (signal.aborted) return;
  if (answer.kind === 'busy') {
    const delayMs = retryDelayMs(prompt.attempt, Math.random());
    return putBack(call, { delayMs, reason: answer.message }, deps);
  }
  return end(call, judged(call, answer, { startedAt, endedAt: deps.clock.now() }), deps);
}

/** Logs what should not happen at all; the lease ends by itself then. */
export function logLostPrompt(log: Log, prompt: ClaimedPrompt, error: unknown): void {
  log.error('a prompt could not be brought to its end', {
    job_id: prompt.jobId,
    error: messageOf(error),
  });
}
