import type { RunJobResult } from '@cynodeai/contracts/common';

/** Why a node refused a job. See docs/reference/leases.md#what-an-answer-means. */
export type Refusal =
  | 'invalid'
  | 'too_large'
  /** It does not take the orchestrator's token. */
  | 'credential'
  /** A rule of its own. */
  | 'policy'
  /** It has the job under another lease. */
  | 'conflict'
  /** Full, not ready or on its way out: nothing ran, and it passes without regard to the job. */
  | 'busy'
  /** It cannot start this job: nothing ran, and that may stay so. */
  | 'unable'
  /** A fault of the node; the job may have run. */
  | 'fault'
  | 'other';

/** What came of sending a job to a node's Worker API. */
export type WorkerAnswer =
  /** 200 with a body of the right form. */
  | { readonly kind: 'result'; readonly result: RunJobResult }
  /**
   * 202: the node runs it and answers when asked.
   * See docs/reference/worker-api.md#life-of-a-job-on-its-node.
   */
  | { readonly kind: 'accepted' }
  /** Any other answer; `status` is only for people. */
  | {
      readonly kind: 'refused';
      readonly refusal: Refusal;
      readonly status: number;
      /** Kind of the problem document, when there was one. */
      readonly problem: string | undefined;
      readonly detail: string | undefined;
    }
  /** The request never left: connection refused, no such host, TLS fault. Nothing ran. */
  | { readonly kind: 'unsent'; readonly message: string }
  /** The request may have been read; what happened to the job is unknown. */
  | { readonly kind: 'lost'; readonly message: string };
