import { CallError } from '@cynodeai/runtime/call';
import { messageOf, storableText, truncateUtf8 } from '@cynodeai/runtime/std';
import type { JobObservation } from '../../domain/dispatch/job-observation.ts';
import type { Refusal, WorkerAnswer } from '../../domain/dispatch/worker-answer.ts';

/** Longest part of a node's own words that is kept, bytes. */
const detailBytes = 2048;

const refusals: Readonly<Record<number, Refusal>> = {
  400: 'invalid',
  401: 'credential',
  403: 'policy',
  409: 'conflict',
  413: 'too_large',
  429: 'busy',
  503: 'unable',
};

/** Kinds of 503 that say something about the node alone. */
const passing: ReadonlySet<string> = new Set(['node_not_ready', 'node_shutting_down']);

/** What the status and kind of a refused job mean. See docs/reference/leases.md#what-an-answer-means. */
export function refusalOf(status: number, kind: string | undefined): Refusal {
  if (status === 503 && kind !== undefined && passing.has(kind)) return 'busy';
  return refusals[status] ?? (status >= 500 ? 'fault' : 'other');
}

/** ` (field)` of an answer that is not of the documented form; nothing when the whole is at fault. */
function fieldIn({ field = '' }: CallError): string {
  return field === '' ? '' : ` (${field})`;
}

function refused({ status = 0, kind, detail }: CallError): WorkerAnswer {
  return {
    kind: 'refused',
    refusal: refusalOf(status, kind),
    status,
    problem: kind,
    detail: detail === undefined ? undefined : truncateUtf8(storableText(detail), detailBytes).text,
  };
}

/**
 * What a call of `jobs:run` without a result means: refused, never sent, or gone with an unknown
 * outcome. See docs/reference/worker-api.md#run-results.
 */
export function answerOfFault(error: unknown): WorkerAnswer {
  const cut = (why: string): WorkerAnswer => ({
    kind: 'lost',
    message: `the connection was lost before the answer (${why})`,
  });
  if (!(error instanceof CallError)) return cut(messageOf(error));
  switch (error.code) {
    case 'refused':
      return refused(error);
    case 'late':
      return { kind: 'lost', message: 'no answer within the job deadline' };
    case 'bad_answer':
      return { kind: 'lost', message: `the answer is not a job result${fieldIn(error)}` };
    case 'too_large':
      return { kind: 'lost', message: error.message };
    case 'unreachable': {
      const why = error.faultCode ?? error.reason;
      return error.neverSent ? { kind: 'unsent', message: why } : cut(why);
    }
  }
}

/**
 * What a failed upload of an input file means for its job. Nothing of the job ran for it, so a lost
 * connection or a fault of the node counts like one that was never reached.
 * See docs/reference/leases.md#what-an-answer-means.
 */
export function answerOfStaging(error: unknown): WorkerAnswer {
  const answer = answerOfFault(error);
  if (answer.kind === 'lost') return { kind: 'unsent', message: answer.message };
  if (answer.kind !== 'refused' || answer.refusal !== 'fault') return answer;
  const detail = answer.detail === undefined ? '' : `: ${answer.detail}`;
  return { kind: 'unsent', message: `an input file was answered ${answer.status}${detail}` };
}

function observationOfRefusal({ status = 0 }: CallError): JobObservation {
  if (status === 404) return { kind: 'unknown' };
  if (status === 401) return { kind: 'unauthorized' };
  const message = `asked about the job it answered ${status}`;
  return status >= 500 || status === 429
    ? { kind: 'unreachable', message }
    : { kind: 'malformed', message };
}

/**
 * What a question about a job means that was not answered with the job.
 * See docs/reference/worker-api.md#life-of-a-job-on-its-node.
 */
export function observationOfFault(error: unknown): JobObservation {
  if (!(error instanceof CallError)) return { kind: 'unreachable', message: messageOf(error) };
  switch (error.code) {
    case 'refused':
      return observationOfRefusal(error);
    case 'late':
      return { kind: 'unreachable', message: 'no answer in time' };
    case 'bad_answer':
      return {
        kind: 'malformed',
        message: `the answer does not describe a job${fieldIn(error)}`,
      };
    case 'too_large':
      return { kind: 'malformed', message: error.message };
    case 'unreachable':
      return { kind: 'unreachable', message: error.faultCode ?? error.reason };
  }
}
