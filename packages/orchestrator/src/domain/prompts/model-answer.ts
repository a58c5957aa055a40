import type { JobResult } from '@cynodeai/contracts/gateway';
import { limits } from '@cynodeai/contracts/common';
import type { OllamaToolCall } from '@cynodeai/contracts/model';
import { storableText, truncateUtf8 } from '@cynodeai/runtime/std';
import { type Ended, failed } from '../dispatch/outcome.ts';
import type { PromptErrorType } from '../jobs/job-result.ts';
import { answerSummary } from '../jobs/job-summary.ts';

/** Tokens of one call, as the model service counted them. */
export interface ModelUsage {
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly total_tokens: number;
}

/** Words of a model and what is known of them. */
export interface ModelWords {
  readonly text: string;
  /** Characters the model thought before; they are no part of the text. */
  readonly thoughtChars: number;
  /** As the service names it. */
  readonly model: string | undefined;
}

/** Why a call was not taken, and whether others would fare the same. */
export type NotTakenReason =
  /** It serves as many as it may. */
  | 'busy'
  /** It cannot be reached, so that nothing was sent, or says that it has no service. */
  | 'down'
  /** What stands before the service says that it cannot be reached, or broke off: it may have been the prompt. */
  | 'broke_off'
  /** It has no such model any more. */
  | 'no_model';

/** What came of asking a model. */
export type ModelAnswer =
  | (ModelWords & {
      readonly kind: 'answered';
      /** `length` when the model, or this product, ended it for its length. */
      readonly finishReason: string | undefined;
      readonly usage: ModelUsage | undefined;
      /** Functions that it asks to have called; only a call with tools has any. */
      readonly toolCalls?: readonly OllamaToolCall[];
    })
  /**
   * The call was not taken: the service or the way to it is full, away or lacks the model. Nothing ran.
   * See docs/reference/leases.md#what-an-answer-means.
   */
  | {
      readonly kind: 'not_taken';
      readonly message: string;
      readonly reason: NotTakenReason;
      /** The node itself cannot be reached. */
      readonly isUnreachable: boolean;
    }
  /** A limit of time is over; the words are what had arrived. */
  | (ModelWords & { readonly kind: 'late'; readonly message: string })
  /** The input does not fit into what the model was asked to hold. */
  | { readonly kind: 'too_long'; readonly inputTokens: number | undefined }
  | {
      readonly kind: 'failed';
      readonly errorType: PromptErrorType;
      /** One sentence without URL or credential. */
      readonly message: string;
    };

export interface AnsweredPrompt {
  readonly taskId: string;
  readonly jobId: string;
  /** The model that was asked for. */
  readonly model: string;
  readonly startedAt: Date;
  readonly endedAt: Date;
}

type Inference = NonNullable<Extract<JobResult, { readonly inference?: unknown }>['inference']>;

function inferenceOf(words: ModelWords, asked: string): Inference {
  const { model, thoughtChars } = words;
  return { model: model ?? asked, ...(thoughtChars > 0 && { thought_chars: thoughtChars }) };
}

/** The text as far as a job keeps it. */
function kept(text: string): { readonly text: string; readonly truncated: boolean } {
  return truncateUtf8(storableText(text), limits.outputStreamBytes);
}

/**
 * The end of a job whose prompt was answered: the shape of a sandbox's result, its output the
 * answer's text. An answer that ended for its length counts as cut.
 * See docs/reference/tasks-and-jobs.md#results (REQ-ORCHES-0123).
 */
export function answeredEnd(
  answer: Extract<ModelAnswer, { readonly kind: 'answered' }>,
  prompt: AnsweredPrompt,
): Ended {
  const stdout = kept(answer.text);
  const finishReason = stdout.truncated ? 'length' : answer.finishReason;
  const result: JobResult = {
    version: 1,
    task_id: prompt.taskId,
    job_id: prompt.jobId,
    status: 'completed',
    exit_code: 0,
    stdout: stdout.text,
    stderr: '',
    started_at: prompt.startedAt.toISOString(),
    ended_at: prompt.endedAt.toISOString(),
    truncated: { stdout: finishReason === 'length', stderr: false },
    inference: {
      ...inferenceOf(answer, prompt.model),
      ...(finishReason !== undefined && { finish_reason: finishReason }),
      ...(answer.usage && { usage: answer.usage }),
    },
  };
  return { kind: 'ended', status: 'completed', result, summary: answerSummary(stdout.text) };
}

/**
 * The end of a job whose model did not answer in time: what had arrived is kept as its output and marked as cut.
 * See docs/reference/inference.md#prompts.
 */
export function lateEnd(
  answer: Extract<ModelAnswer, { readonly kind: 'late' }>,
  asked: string,
): Ended {
  const ended = failed('model_timeout', answer.message);
  const stdout = kept(answer.text);
  const result: JobResult = {
    ...ended.result,
    stdout: stdout.text,
    truncated: { stdout: stdout.text !== '', stderr: false },
    inference: { ...inferenceOf(answer, asked), finish_reason: 'timeout' },
  };
  return { ...ended, result };
}
