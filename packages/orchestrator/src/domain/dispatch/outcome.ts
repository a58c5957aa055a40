import type {
  BinaryStreams,
  JobArtifact,
  RunJobResult,
  StreamBytes,
  StreamTail,
  StreamTails,
} from '@cynodeai/contracts/common';
import type { JobResult } from '@cynodeai/contracts/gateway';
import { limits } from '@cynodeai/contracts/common';
import { endOfUtf8, storableText, truncateUtf8 } from '@cynodeai/runtime/std';
import { retryDelayMs } from '../jobs/attempts.ts';
import { type JobErrorType, failureResult } from '../jobs/job-result.ts';
import { failureSummary, resultSummary } from '../jobs/job-summary.ts';
import { boundedLeft } from './left-files.ts';
import type { WorkerAnswer } from './worker-answer.ts';

/** The job as it was sent. */
export interface SentJob {
  readonly taskId: string;
  readonly jobId: string;
  readonly leaseId: string;
  readonly nodeSlug: string;
  /** 1 for the first claim. */
  readonly attempt: number;
  /** How often this node has said that it cannot start the job. */
  readonly refusals: number;
  /** How often it may say so. */
  readonly maxRefusals: number;
}

/** The end of a job, ready to be written. */
export interface Ended {
  readonly kind: 'ended';
  readonly status: 'completed' | 'failed';
  readonly result: JobResult;
  readonly summary: string;
  /** Files the job left on its node; the result lists them too. */
  readonly left?: readonly JobArtifact[];
}

/** The node will not run this job; another may. Without another one it ends with `otherwise`. */
export interface OtherNode {
  readonly kind: 'other_node';
  readonly reason: string;
  readonly otherwise: Ended;
  /** The node keeps a result of it until it hears that nobody wants it. */
  readonly hasResult?: boolean;
}

/** What an answer means for the job. See docs/reference/leases.md#what-an-answer-means. */
export type Outcome =
  | Ended
  /** Nothing ran: back into the queue, not before `delayMs` from now. */
  | {
      readonly kind: 'requeue';
      readonly delayMs: number;
      readonly reason: string;
      /** The node refused the orchestrator's credential and must acknowledge again before it gets work. */
      readonly nodeFault: boolean;
      /** The node could not be reached at all. */
      readonly unreachable: boolean;
      /** How often the node has said by now that it cannot start the job; absent when it did not say so. */
      readonly refusals?: number;
    }
  | OtherNode
  /**
   * It may run, have run, or neither: the node must be asked.
   * See docs/reference/leases.md#leases-and-retries.
   */
  | { readonly kind: 'unclear'; readonly reason: string };

/** A job that ends without a node's answer. */
export function failed(errorType: JobErrorType, message: string): Ended {
  return {
    kind: 'ended',
    status: 'failed',
    result: failureResult(errorType, message),
    summary: failureSummary(message),
  };
}

/** A count of a node with what is left out here; such a sum is a whole number too. */
const sumOf = (told: number, here: number): number =>
  Math.min(told + here, Number.MAX_SAFE_INTEGER);

function boundedTail({ omitted_bytes: omitted, text }: StreamTail): StreamTail {
  const kept = endOfUtf8(storableText(text), limits.outputTailBytes);
  return { omitted_bytes: sumOf(omitted, kept.cutBytes), text: kept.text };
}

function boundedTails(tails: StreamTails | undefined): StreamTails | undefined {
  if (tails === undefined) return undefined;
  const { stdout, stderr } = tails;
  return {
    ...(stdout && { stdout: boundedTail(stdout) }),
    ...(stderr && { stderr: boundedTail(stderr) }),
  };
}

const bytesOf = (base64: string): number => Buffer.byteLength(base64, 'base64');

/** Bytes of a stream; a node that sends more than it has to keep is not believed. */
function boundedBytes(bytes: StreamBytes): StreamBytes | undefined {
  const fits =
    bytesOf(bytes.head) <= limits.outputStreamBytes &&
    bytesOf(bytes.tail?.bytes ?? '') <= limits.outputTailBytes;
  return fits ? bytes : undefined;
}

function boundedBinary(binary: BinaryStreams | undefined): BinaryStreams | undefined {
  const stdout = binary?.stdout && boundedBytes(binary.stdout);
  const stderr = binary?.stderr && boundedBytes(binary.stderr);
  if (stdout === undefined && stderr === undefined) return undefined;
  return { ...(stdout && { stdout }), ...(stderr && { stderr }) };
}

/**
 * The streams as they can be kept, within the limit a node has to keep itself.
 * See docs/reference/worker-api.md#sizes.
 */
function boundedStreams(result: RunJobResult): RunJobResult {
  const stdout = truncateUtf8(storableText(result.stdout), limits.outputStreamBytes);
  const stderr = truncateUtf8(storableText(result.stderr), limits.outputStreamBytes);
  const beyond = Math.max(0, (result.artifacts?.length ?? 0) - limits.artifactCount);
  const omitted = sumOf(result.artifacts_omitted ?? 0, beyond);
  const tail = boundedTails(result.tail);
  const { binary: sent, ...rest } = result;
  const binary = boundedBinary(sent);
  return {
    ...rest,
    ...(tail && { tail }),
    ...(binary && { binary }),
    stdout: stdout.text,
    stderr: stderr.text,
    ...(result.artifacts && { artifacts: [...boundedLeft(result.artifacts)] }),
    ...(omitted > 0 && { artifacts_omitted: omitted }),
    truncated: {
      stdout: result.truncated.stdout || stdout.truncated,
      stderr: result.truncated.stderr || stderr.truncated,
    },
  };
}

function endOf(result: RunJobResult): Ended {
  const bounded = boundedStreams(result);
  const succeeded = result.status === 'completed' && (result.exit_code ?? 0) === 0;
  return {
    kind: 'ended',
    status: succeeded ? 'completed' : 'failed',
    result: bounded,
    summary: resultSummary(bounded),
    ...(bounded.artifacts && { left: bounded.artifacts }),
  };
}

/**
 * What a node's result means, however it came: the end of the job, but where nothing ran for want of an image that
 * another node may have. See docs/reference/leases.md#what-an-answer-means.
 */
export function judgeRun(result: RunJobResult, nodeSlug: string): Ended | OtherNode {
  const ended = endOf(result);
  if (result.error_type !== 'image_unavailable') return ended;
  const reason = `node ${nodeSlug} does not have the image`;
  return { kind: 'other_node', reason, otherwise: ended, hasResult: true };
}

function judgeResult(result: RunJobResult, sent: SentJob): Outcome {
  const foreign =
    result.task_id !== sent.taskId ||
    result.job_id !== sent.jobId ||
    (result.lease_id !== undefined && result.lease_id !== sent.leaseId);
  if (foreign) return { kind: 'unclear', reason: `node ${sent.nodeSlug} answered for another job` };
  return judgeRun(result, sent.nodeSlug);
}

/**
 * A node that cannot start the job is asked again, because what is wanting may come; one that goes on saying so is
 * believed. See docs/reference/leases.md#what-an-answer-means.
 */
function judgeInability(reason: string, sent: SentJob, random: number): Outcome {
  const refusals = sent.refusals + 1;
  const counted = `${reason} (${refusals} of ${sent.maxRefusals} times)`;
  if (refusals >= sent.maxRefusals) {
    const message = `${counted}; it is not asked again: see what cynode doctor says on that node`;
    return { kind: 'other_node', reason: counted, otherwise: failed('node_unable', message) };
  }
  const delayMs = retryDelayMs(sent.attempt, random);
  const node = { nodeFault: false, unreachable: false };
  return { kind: 'requeue', delayMs, reason: counted, ...node, refusals };
}

function judgeRefusal(
  refusal: Extract<WorkerAnswer, { kind: 'refused' }>,
  sent: SentJob,
  random: number,
): Outcome {
  const { status, detail } = refusal;
  const reason = `node ${sent.nodeSlug} answered ${status}${detail === undefined ? '' : `: ${detail}`}`;
  switch (refusal.refusal) {
    case 'invalid':
      return failed('invalid_request', reason);
    case 'too_large':
      return failed('payload_too_large', reason);
    case 'credential':
      return { kind: 'requeue', delayMs: 0, reason, nodeFault: true, unreachable: false };
    case 'policy':
      return { kind: 'other_node', reason, otherwise: failed('node_policy_refused', reason) };
    case 'busy':
      return {
        kind: 'requeue',
        delayMs: retryDelayMs(sent.attempt, random),
        reason,
        nodeFault: false,
        unreachable: false,
      };
    case 'unable':
      return judgeInability(reason, sent, random);
    case 'conflict':
    case 'fault':
      return { kind: 'unclear', reason };
    case 'other':
      return failed('worker_error', reason);
  }
}

/**
 * Judges what came of sending a job. Only outcomes that prove that nothing ran put it back into the
 * queue at once. `random` from 0 to 1 spreads the delay, min(60, 2^attempt) s ± 20 %.
 * See docs/reference/leases.md#what-an-answer-means and docs/reference/leases.md#leases-and-retries
 * (REQ-ORCHES-0122).
 */
export function decideOutcome(answer: WorkerAnswer, sent: SentJob, random: number): Outcome {
  switch (answer.kind) {
    case 'result':
      return judgeResult(answer.result, sent);
    case 'refused':
      return judgeRefusal(answer, sent, random);
    case 'unsent':
      return {
        kind: 'requeue',
        delayMs: retryDelayMs(sent.attempt, random),
        reason: `node ${sent.nodeSlug} could not be reached: ${answer.message}`,
        nodeFault: false,
        unreachable: true,
      };
    case 'accepted':
      return { kind: 'unclear', reason: `node ${sent.nodeSlug} runs the job without a call` };
    case 'lost':
      return { kind: 'unclear', reason: `node ${sent.nodeSlug}: ${answer.message}` };
  }
}
