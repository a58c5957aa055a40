import type { Log } from '@cynodeai/runtime/observe';
import { type Clock, messageOf, uuidv7 } from '@cynodeai/runtime/std';
import { type Ended, failed } from '../../domain/dispatch/outcome.ts';
import { OrchestratorError } from '../../domain/errors.ts';
import { logPieces } from '../../domain/jobs/end-events.ts';
import type { PromptWaitingReason } from '../../domain/prompts/choose-path.ts';
import type { ChatInput } from '../../domain/prompts/chat-request.ts';
import { answeredEnd, lateEnd } from '../../domain/prompts/model-answer.ts';
import { fallbackPayload } from '../../domain/prompts/sandbox-fallback.ts';
import type { BlobOpener } from '../../ports/blobs.ts';
import type { EndedJob, FallbackJob } from '../../ports/job-ends.ts';
import type { Leases } from '../../ports/leases.ts';
import type { ClaimedPrompt, PromptClaims } from '../../ports/prompts.ts';
import type { GivenInput, TaskInput } from '../../ports/task-input.ts';
import type { JobCompleter } from '../jobs/job-completer.ts';
import type { LiveTeller } from '../jobs/live-teller.ts';
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
  readonly prompts: Pick<PromptClaims, 'noteWaiting'>;
  readonly input: Pick<TaskInput, 'read'>;
  readonly blobs: BlobOpener;
  readonly completer: JobCompleter;
  readonly teller: LiveTeller;
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

interface Back {
  readonly delayMs: number;
  readonly reason: string;
  readonly isBrokenCall?: boolean;
  /** What it and its like wait for, as their tasks say. */
  readonly waitingFor?: PromptWaitingReason;
}

async function putBack(
  { held: { lease: prompt, lost: signal } }: PromptCall,
  { waitingFor, ...back }: Back,
  deps: RunPromptDeps,
): Promise<void> {
  const { log, sleep, leases, prompts } = deps;
  log.warn('a prompt goes back into the queue', { job_id: prompt.jobId, reason: back.reason });
  const what = 'a prompt that was not answered';
  const store = async (): Promise<void> => {
    await leases.requeue(prompt, { ...back, refusedBy: undefined });
    if (waitingFor !== undefined) await prompts.noteWaiting(waitingFor);
  };
  await retryStorage(store, { log, what, sleep, signal });
  deps.onDue(back.delayMs);
}

interface Ending {
  /** Characters of its output that were told already. */
  readonly told?: number;
  readonly next?: FallbackJob;
}

async function end(
  { held }: PromptCall,
  { status, result, summary }: Ended,
  deps: RunPromptDeps,
  { told = 0, next }: Ending = {},
): Promise<void> {
  const { taskId, jobId, leaseId } = held.lease;
  const logs = logPieces({ stdout: result.stdout.slice(told), stderr: result.stderr });
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

/** The call failed: the sandbox is asked, once; an agent asks again itself. */
function handOn(
  call: PromptCall,
  { failure, model, contextTokens }: Extract<ModelOutcome, { readonly kind: 'failed' }>,
  input: GivenInput,
  deps: RunPromptDeps,
): Promise<void> {
  const { jobId } = call.held.lease;
  const { errorType, message } = failure;
  const fault = { job_id: jobId, error_type: errorType, error_message: message };
  deps.log.warn('a model call failed', fault);
  if (call.held.lease.messages !== undefined) return end(call, failed(errorType, message), deps);
  const payload = fallbackPayload({ model, contextTokens }, fault, input.files);
  const next = { jobId: uuidv7(deps.clock.now().getTime()), payload };
  return end(call, failed(errorType, message), deps, { next });
}

/**
 * Calls of a prompt that may break off or meet a service without the model: it may be the prompt that ends the service,
 * and a model that was removed may never come back.
 */
const maxBrokenCalls = 6;

/** Nothing ran: back into the queue, unless it looks as if it would never run. */
function notTaken(
  call: PromptCall,
  outcome: Extract<ModelOutcome, { readonly kind: 'not_taken' }>,
  input: GivenInput,
  deps: RunPromptDeps,
): Promise<void> {
  const { message, reason, delayMs, elsewhere, waitingFor, failed: failure } = outcome;
  const mayBeTheCause = reason === 'broke_off' || reason === 'no_model';
  if (mayBeTheCause && call.held.lease.brokenCalls + 1 >= maxBrokenCalls) {
    return handOn(call, failure, input, deps);
  }
  const wait = elsewhere ? {} : { waitingFor };
  return putBack(call, { delayMs, reason: message, isBrokenCall: mayBeTheCause, ...wait }, deps);
}

type Asked = { readonly text: string } | { readonly chat: ChatInput };

/** What the model is asked: the prompt, or what an agent says; with the attachments behind the last words of a user. */
async function askedOf(
  { messages }: ClaimedPrompt,
  input: GivenInput,
  blobs: BlobOpener,
): Promise<Asked> {
  if (messages === undefined) return { text: await readModelInput(input, blobs) };
  const last = messages.findLastIndex(({ role }) => role === 'user');
  const said = messages.map(async ({ role, content: prompt }, index) => {
    const isLast = index === last;
    const content = isLast ? await readModelInput({ ...input, prompt }, blobs) : prompt;
    return { role, content };
  });
  return { chat: { messages: await Promise.all(said) } };
}

/** Asks once, given what the user wrote and sent; the words are told as they come. */
async function ask(
  call: PromptCall,
  input: GivenInput,
  asked: Asked,
  deps: RunPromptDeps,
): Promise<void> {
  const { route } = call;
  const { lease: prompt, lost: signal } = call.held;
  const startedAt = deps.clock.now();
  const words = deps.teller.open(() => prompt);
  const question = {
    ...asked,
    signal,
    limits: prompt.limits,
    onText: (piece: string) => words.add({ stream: 'stdout', text: piece }),
  };
  let outcome: ModelOutcome;
  let told: number;
  try {
    outcome = await askOver(route, question, deps.model);
  } finally {
    ({ stdout: told } = await words.close());
  }
  switch (outcome.kind) {
    case 'aborted':
      return;
    case 'not_taken':
      return notTaken(call, outcome, input, deps);
    case 'failed':
      return handOn(call, outcome, input, deps);
    case 'too_long':
      return end(call, failed('model_input_too_long', outcome.message), deps);
    case 'late':
      return end(call, lateEnd(outcome.answer, outcome.model), deps, { told });
    case 'answered': {
      const { taskId, jobId } = prompt;
      const { answer, model } = outcome;
      const times = { startedAt, endedAt: deps.clock.now() };
      return end(call, answeredEnd(answer, { taskId, jobId, model, ...times }), deps, { told });
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
  const isFinal = (error: unknown): boolean => error instanceof OrchestratorError;
  let input: GivenInput | undefined;
  let asked: Asked;
  try {
    input = await retryStorage(read, { log, what, sleep, signal, isFinal });
    if (input === undefined) return;
    asked = await askedOf(prompt, input, deps.blobs);
  } catch (error) {
    const message = `the input of the job cannot be read: ${messageOf(error)}`;
    log.error('the input of a job cannot be read', { job_id: prompt.jobId });
    return end(call, failed('input_unavailable', message), deps);
  }
  if (call.held.isStale(deps.monotonicMs())) {
    return putBack(call, { delayMs: 0, reason: 'the lease was too old to call the model' }, deps);
  }
  return ask(call, input, asked, deps);
}
