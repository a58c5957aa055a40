import type { RunJobResult } from '@cynodeai/contracts/common';
import type { WorkerJob } from '@cynodeai/contracts/worker-api';
import { type Ended, type OtherNode, judgeRun } from './outcome.ts';

/**
 * What came of asking a node about a job.
 * See docs/reference/worker-api.md#life-of-a-job-on-its-node.
 */
export type JobObservation =
  | { readonly kind: 'known'; readonly job: WorkerJob }
  /** The node never got it, or its result was acknowledged. */
  | { readonly kind: 'unknown' }
  /** The node does not take the orchestrator's token. */
  | { readonly kind: 'unauthorized' }
  /** No answer, or one that says nothing about the job (a 5xx). */
  | { readonly kind: 'unreachable'; readonly message: string }
  /** An answer that is not what the wire says. */
  | { readonly kind: 'malformed'; readonly message: string };

/** What an observation of a job means. */
export type Verdict =
  | { readonly kind: 'running' }
  | {
      readonly kind: 'finished';
      readonly outcome: Ended | OtherNode;
      /** The run was stopped, and did not end by itself. */
      readonly wasStopped?: true;
    }
  /** The node was restarted while the job ran: that run is lost, another may be started. */
  | { readonly kind: 'run_lost'; readonly reason: string }
  | { readonly kind: 'unknown'; readonly reason: string }
  | { readonly kind: 'silent'; readonly reason: string; readonly nodeFault: boolean }
  /** The node answers, but not about this job; waiting longer cannot help. */
  | { readonly kind: 'broken'; readonly reason: string };

/**
 * All that a node says of a job that was running when the node itself ended.
 * See docs/reference/worker-api.md#life-of-a-job-on-its-node.
 */
const nodeRestarted = /^(?:cynode: )?node restarted\n?$/;

function wasCutShort({ status, exit_code: exitCode, stdout, stderr }: RunJobResult): boolean {
  return status === 'failed' && exitCode === 125 && stdout === '' && nodeRestarted.test(stderr);
}

/** The last words of a run that somebody stopped. See docs/reference/worker-api.md#stops. */
const stopped = /(?:^|\n)cynode: the job was canceled\n?$/;

function wasStopped({ status, stderr, tail }: RunJobResult): boolean {
  return status === 'failed' && stopped.test(tail?.stderr?.text ?? stderr);
}

/**
 * Judges what a node says of a job. A result counts whatever lease it was made under: the caller
 * writes it under its own. See docs/reference/leases.md#leases-and-retries.
 */
export function judgeObservation(
  observation: JobObservation,
  sent: { readonly taskId: string; readonly jobId: string; readonly nodeSlug: string },
): Verdict {
  const node = `node ${sent.nodeSlug}`;
  switch (observation.kind) {
    case 'unknown':
      return { kind: 'unknown', reason: `${node} does not know the job` };
    case 'unauthorized':
      return { kind: 'silent', reason: `${node} answered 401`, nodeFault: true };
    case 'unreachable':
      return { kind: 'silent', reason: `${node}: ${observation.message}`, nodeFault: false };
    case 'malformed':
      return { kind: 'broken', reason: `${node}: ${observation.message}` };
    case 'known': {
      const { job } = observation;
      if (job.task_id !== sent.taskId || job.job_id !== sent.jobId) {
        return { kind: 'broken', reason: `${node} answered for another job` };
      }
      if (job.status === 'accepted' || job.status === 'in_progress') return { kind: 'running' };
      const { result } = job;
      if (result === undefined) {
        return { kind: 'broken', reason: `${node} has no result of the ended job` };
      }
      if (result.task_id !== sent.taskId || result.job_id !== sent.jobId) {
        return { kind: 'broken', reason: `${node} has the result of another job` };
      }
      if (wasCutShort(result)) {
        return { kind: 'run_lost', reason: `${node} was restarted while the job ran` };
      }
      const outcome = judgeRun(result, sent.nodeSlug);
      return { kind: 'finished', outcome, ...(wasStopped(result) && { wasStopped: true }) };
    }
  }
}

/** What the holder of a retry's lease does next. */
export type RetryStep =
  | { readonly kind: 'take'; readonly outcome: Ended | OtherNode }
  /** A run is under way: wait for it, start none. */
  | { readonly kind: 'adopt' }
  | { readonly kind: 'send' }
  /** Drop the copy of the lost run first: the node refuses a new lease before. */
  | {
      readonly kind: 'acknowledge_and_send';
      /** The node ended while it ran the job, for which the job may be the cause. */
      readonly withNode: boolean;
    }
  /** Stop what may still run there and go to another node; `counts`: without one, this claim counts as an attempt. */
  | {
      readonly kind: 'leave';
      readonly reason: string;
      readonly nodeFault: boolean;
      readonly counts: boolean;
    }
  /** Nothing of the job is there, and nothing new may be sent there. */
  | { readonly kind: 'elsewhere'; readonly reason: string };

/**
 * A retry first asks the last node, then decides. See docs/reference/leases.md#leases-and-retries.
 */
export function decideRetry(verdict: Verdict, mayTakeWork: boolean): RetryStep {
  switch (verdict.kind) {
    case 'finished':
      // Stopped because the job was given to another node then: that is no end of a job that nobody canceled.
      if (verdict.wasStopped === true) {
        return mayTakeWork
          ? { kind: 'acknowledge_and_send', withNode: false }
          : { kind: 'elsewhere', reason: 'the run there was stopped' };
      }
      return { kind: 'take', outcome: verdict.outcome };
    case 'running':
      return { kind: 'adopt' };
    case 'unknown':
      return mayTakeWork ? { kind: 'send' } : { kind: 'elsewhere', reason: verdict.reason };
    case 'run_lost':
      return mayTakeWork
        ? { kind: 'acknowledge_and_send', withNode: true }
        : { kind: 'elsewhere', reason: verdict.reason };
    case 'silent':
      return { ...verdict, kind: 'leave', counts: false };
    case 'broken':
      return { kind: 'leave', reason: verdict.reason, nodeFault: false, counts: true };
  }
}
