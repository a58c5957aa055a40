import type { JobResult } from '@cynodeai/contracts/gateway';
import { limits } from '@cynodeai/contracts/common';
import { storableText, truncateUtf8 } from '@cynodeai/runtime/std';
import type { Ended } from '../dispatch/outcome.ts';
import type { PromptErrorType } from '../jobs/job-result.ts';
import { answerSummary } from '../jobs/job-summary.ts';

/** Tokens of one call, as the model service counted them. */
export interface ModelUsage {
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly total_tokens: number;
}

/** What came of asking a model. */
export type ModelAnswer =
  | {
      readonly kind: 'answered';
      readonly text: string;
      /** As the service names it. */
      readonly model: string | undefined;
      readonly finishReason: string | undefined;
      readonly usage: ModelUsage | undefined;
    }
  /**
   * A node did not take the call: it is full, or cannot be reached. Nothing ran.
   * See docs/reference/leases.md#what-an-answer-means.
   */
  | { readonly kind: 'not_taken'; readonly message: string; readonly isUnreachable: boolean }
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

/**
 * The end of a job whose prompt was answered: the shape of a sandbox's result, its output the
 * answer's text. See docs/reference/tasks-and-jobs.md#results (REQ-ORCHES-0123).
 */
export function answeredEnd(
  answer: Extract<ModelAnswer, { readonly kind: 'answered' }>,
  prompt: AnsweredPrompt,
): Ended {
  const stdout = truncateUtf8(storableText(answer.text), limits.outputStreamBytes);
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
    truncated: { stdout: stdout.truncated, stderr: false },
    inference: {
      model: answer.model ?? prompt.model,
      ...(answer.finishReason !== undefined && { finish_reason: answer.finishReason }),
      ...(answer.usage && { usage: answer.usage }),
    },
  };
  return { kind: 'ended', status: 'completed', result, summary: answerSummary(stdout.text) };
}
