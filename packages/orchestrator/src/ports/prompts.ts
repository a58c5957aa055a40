import type { NodeFacts } from '../domain/dispatch/node-facts.ts';
import type { DispatchNote } from '../domain/jobs/job-payload.ts';
import type { PromptWaitingReason } from '../domain/prompts/choose-path.ts';
import type { JobLease, NodeConnection } from './dispatch.ts';

/** A prompt that this process owns and must bring to its end. */
export interface ClaimedPrompt extends JobLease {
  readonly attempt: number;
  /** Length of the lease, ms. */
  readonly leaseMs: number;
}

/** A node with what is needed to judge and to call it. */
export interface ModelNode {
  readonly facts: NodeFacts;
  readonly connection: NodeConnection | undefined;
}

/** The part of the queue that holds prompts; leases work as in `JobQueue`. Contract 01 sections 4.4, 5.4, 5.6. */
export interface PromptQueue {
  /** True when a prompt may be claimed now. */
  due(): Promise<boolean>;
  /** Claims queued prompts, oldest first, and commits before it returns. */
  claim(options: {
    readonly limit: number;
    readonly note: DispatchNote;
  }): Promise<readonly ClaimedPrompt[]>;
  nodes(): Promise<readonly ModelNode[]>;
  /** Says on the tasks of queued prompts what they wait for. */
  noteWaiting(reason: PromptWaitingReason): Promise<void>;
}
