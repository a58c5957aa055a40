import { problemKindOf, problemSchema, runJobResultSchema } from '@cynodeai/contracts/common';
import { workerJobSchema } from '@cynodeai/contracts/worker-api';
import { type HttpAnswer, faultCodes, wasNeverSent } from '@cynodeai/runtime/http';
import { messageOf, storableText, truncateUtf8 } from '@cynodeai/runtime/std';
import type { JobObservation } from '../../domain/dispatch/job-observation.ts';
import type { Refusal, WorkerAnswer } from '../../domain/dispatch/worker-answer.ts';

/** Longest part of a node's own words that is kept, bytes. */
const detailBytes = 2048;

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

/** What a failed call means: never sent, or gone with an unknown outcome. */
export function answerOfFault(error: unknown): WorkerAnswer {
  const message = faultCodes(error)[0] ?? messageOf(error);
  if (field(error, 'name') === 'TimeoutError') {
    return { kind: 'lost', message: 'no answer within the job deadline' };
  }
  if (wasNeverSent(error)) return { kind: 'unsent', message };
  if (error instanceof RangeError) {
    return { kind: 'lost', message: messageOf(error) };
  }
  return { kind: 'lost', message: `the connection was lost before the answer (${message})` };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const refusals: Readonly<Record<number, Refusal>> = {
  400: 'invalid',
  401: 'credential',
  403: 'policy',
  409: 'conflict',
  413: 'too_large',
  429: 'busy',
  503: 'busy',
};

/** What the status of a refused job means. Contract 01 section 5.5. */
export function refusalOf(status: number): Refusal {
  return refusals[status] ?? (status >= 500 ? 'fault' : 'other');
}

/** What an HTTP answer of `jobs:run` means. Contract 03 section 5.5. */
export function answerOfHttp(answer: HttpAnswer): WorkerAnswer {
  const body = parsed(answer.text);
  if (answer.status === 200) {
    const result = runJobResultSchema.safeParse(body);
    if (result.success) return { kind: 'result', result: result.data };
    const where = result.error.issues[0]?.path.join('.') ?? '';
    return {
      kind: 'lost',
      message: `the answer is not a job result${where === '' ? '' : ` (${where})`}`,
    };
  }
  if (answer.status === 202) return { kind: 'accepted' };
  const problem = problemSchema.safeParse(body);
  const detail = problem.success ? (problem.data.detail ?? problem.data.title) : undefined;
  return {
    kind: 'refused',
    refusal: refusalOf(answer.status),
    status: answer.status,
    problem: problem.success ? problemKindOf(problem.data.type) : undefined,
    detail: detail === undefined ? undefined : truncateUtf8(storableText(detail), detailBytes).text,
  };
}

/**
 * What a failed upload of an input file means for its job. Nothing of the job ran for it, so a lost connection or a
 * fault of the node counts like one that was never reached. Contract 01 section 5.5.
 */
export function answerOfStaging(answer: WorkerAnswer): WorkerAnswer {
  if (answer.kind === 'lost') return { kind: 'unsent', message: answer.message };
  if (answer.kind === 'unsent') return answer;
  if (answer.kind !== 'refused')
    return { kind: 'unsent', message: 'an upload got a strange answer' };
  if (answer.refusal !== 'fault') return answer;
  const detail = answer.detail === undefined ? '' : `: ${answer.detail}`;
  return { kind: 'unsent', message: `an input file was answered ${answer.status}${detail}` };
}

/** What an HTTP answer of `jobs/{job_id}` means. Contract 03 section 5.8. */
export function observationOfHttp(answer: HttpAnswer): JobObservation {
  if (answer.status === 200) {
    const job = workerJobSchema.safeParse(parsed(answer.text));
    if (job.success) return { kind: 'known', job: job.data };
    const where = job.error.issues[0]?.path.join('.') ?? '';
    const message = `the answer does not describe a job${where === '' ? '' : ` (${where})`}`;
    return { kind: 'malformed', message };
  }
  if (answer.status === 404) return { kind: 'unknown' };
  if (answer.status === 401) return { kind: 'unauthorized' };
  const message = `asked about the job it answered ${answer.status}`;
  return answer.status >= 500 || answer.status === 429
    ? { kind: 'unreachable', message }
    : { kind: 'malformed', message };
}

/** What a failed question about a job means. */
export function observationOfFault(error: unknown): JobObservation {
  if (error instanceof RangeError) return { kind: 'malformed', message: messageOf(error) };
  if (field(error, 'name') === 'TimeoutError') {
    return { kind: 'unreachable', message: 'no answer in time' };
  }
  return { kind: 'unreachable', message: faultCodes(error)[0] ?? messageOf(error) };
}
