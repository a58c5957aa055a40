import type { DispatchNote, JobMessage } from '../domain/jobs/job-payload.ts';
import type { PromptWaitingReason } from '../domain/prompts/choose-path.ts';
import type { ModelLimits } from '../domain/prompts/model-limits.ts';
import type { JobLease } from './leases.ts';

/** A prompt that this process owns and must bring to its end. */
export interface ClaimedPrompt extends JobLease {
  /** What a model is asked, where an agent asks; else it is the prompt of the task. */
  readonly messages?: readonly JobMessage[] | undefined;
  /** Its calls that broke off, or met a service without the model. */
  readonly brokenCalls: number;
  /** Length of the lease, ms. */
  readonly leaseMs: number;
  readonly limits: ModelLimits;
}

/** The queue of prompts at one moment. */
export interface PromptQueue {
  /** A prompt may be claimed now. */
  readonly isDue: boolean;
  /** Prompts at a model. */
  readonly underWay: number;
  /** How many may be, where the setting says it. */
  readonly atOnce: number | undefined;
}

/**
 * Claims of prompts. See docs/reference/inference.md#prompts and
 * docs/reference/leases.md#claim-and-send.
 */
export interface PromptClaims {
  /** What waits and what is under way now, of all processes together. */
  queue(): Promise<PromptQueue>;
  /** Claims queued prompts, oldest first, and commits before it returns. */
  claim(options: {
    /** Most claims of this process now. */
    readonly limit: number;
    /** Prompts at a model at once, all processes together, unless the setting says another number. */
    readonly atOnce: number;
    readonly note: DispatchNote;
  }): Promise<readonly ClaimedPrompt[]>;
  /** Says on the tasks of queued prompts what they wait for. */
  noteWaiting(reason: PromptWaitingReason): Promise<void>;
}
