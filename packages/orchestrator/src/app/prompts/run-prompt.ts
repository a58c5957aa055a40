import type { Log } from '@cynodeai/runtime/observe';
import { type Clock, messageOf, uuidv7 } from '@cynodeai/runtime/std';
import { type Ended, failed } from '../../domain/dispatch/outcome.ts';
import { logPieces } from '../../domain/jobs/end-events.ts';
import { retryDelayMs } from '../../domain/jobs/attempts.ts';
import { answeredEnd } from '../../domain/prompts/model-answer.ts';
import { fallbackPayload } from '../../domain/prompts/sandbox-fallback.ts';
import type { BlobOpener } from '../../ports/blobs.ts';
import type { EndedJob, FallbackJob } from '../../ports/job-ends.ts';
import type { Leases } from '../../ports/leases.ts';
import type { ClaimedPrompt } from '../../ports/prompts.ts';
import type { GivenInput, TaskInput } from '../../ports/task-input.ts';
import type { JobCompleter } from '../jobs/job-completer.ts';
import { retryStorage } from '../jobs/retry-storage.ts';
import type { HeldLease } from '../leases/held-lease.ts';
import {
  type AskModelDeps,
  type ModelOutcome,
  type ModelRoute,
  askOver,
} from '../models/ask-model.ts';
import { readModelInput } from './read-model-input.ts';

export interface RunPromptDeps {
  readonly model: AskModelDeps;
  readonly leases: Pick<Leases, 'requeue'>;
  readonly input: Pick<TaskInput, 'read'>;
  readonly blobs: BlobOpener;
  readonly completer: JobCompleter;
  readonly log: Log;
  readonly clock: Clock;
  /** Monotonic clock, ms. */
  readonly monotonicMs: () => number;
  /** Waits, or less when the signal fires; never rejects. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** A prompt may be claimed again in `ms`. */
  readonly onDue: (ms: number) => void;
}

/** A claimed prompt and where it goes. Its call ends with the lease: canceled, lost, or the process ends. */
export interface PromptCall {
  readonly held: HeldLease<ClaimedPrompt>;
  readonly route: ModelRoute;
}

async function putBack(
  { held: { lease: prompt, lost: signal } }: PromptCall,
  back: { readonly delayMs: number; readonly reason: string },
  deps: RunPromptDeps,
): Promise<void> {
  const { log, sleep, leases } = deps;
  log.warn('a prompt goes back into the queue', { job_id: prompt.jobId, reason: back.reason });
  const what = 'a prompt that was not answered';
  await retryStorage(() => leases.requeue(prompt, { ...back, refusedBy: undefined }), {
    log,
    what,
    sleep,
    signal,
  });
  deps.onDue(back.delayMs);
}

async function end(
  { held }: PromptCall,
  { status, result, summary }: Ended,
  deps: RunPromptDeps,
  next?: FallbackJob,
): Promise<void> {
  const { taskId, jobId, leaseId } = held.lease;
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
  { failure, model }: Extract<ModelOutcome, { readonly kind: 'failed' }>,
  input: GivenInput,
  deps: RunPromptDeps,
): Promise<void> {
  const { jobId } = call.held.lease;
  const { errorType, message } = failure;
  const fault = { job_id: jobId, error_type: errorType, error_message: message };
  deps.log.warn('a model call failed', fault);
  const payload = fallbackPayload(model, fault, input.files);
  const next = { jobId: uuidv7(deps.clock.now().getTime()), payload };
  return end(call, failed(errorType, message), deps, next);
}

/** Asks once, given what the user wrote and sent. */
async function ask(
  call: PromptCall,
  input: GivenInput,
  text: string,
  deps: RunPromptDeps,
): Promise<void> {
  const { route } = call;
  const { lease: prompt, lost: signal } = call.held;
  const startedAt = deps.clock.now();
  const outcome = await askOver(route, { text, signal }, deps.model);
  switch (outcome.kind) {
    case 'aborted':
      return;
    case 'not_taken': {
      const delayMs = outcome.elsewhere ? 0 : retryDelayMs(prompt.attempt, Math.random());
      return putBack(call, { delayMs, reason: outcome.message }, deps);
    }
    case 'failed':
      return handOn(call, outcome, input, deps);
    case 'answered': {
      const { taskId, jobId } = prompt;
      const { answer, model } = outcome;
      const times = { startedAt, endedAt: deps.clock.now() };
      return end(call, answeredEnd(answer, { taskId, jobId, model, ...times }), deps);
    }
  }
}

/**
 * Asks the model and stores its answer, or hands the prompt on to a sandbox when the call fails.
 * The prompt is one value of a JSON body on every way. See docs/reference/inference.md#prompts
 * (REQ-ORCHES-0125).
 */
export async function runPrompt(call: PromptCall, deps: RunPromptDeps): Promise<void> {
  const { lease: prompt, lost: signal } = call.held;
  const { log, sleep } = deps;
  const what = 'the start of a model call';
  const read = (): Promise<GivenInput> => deps.input.read(prompt.taskId);
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
  if (call.held.isStale(deps.monotonicMs())) {
    return putBack(call, { delayMs: 0, reason: 'the lease was too old to call the model' }, deps);
  }
  return ask(call, input, text, deps);
}
