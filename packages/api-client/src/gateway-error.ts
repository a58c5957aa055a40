import { type Problem, problemKindOf, problemSchema } from '@cynodeai/contracts/common';
import { CodedError } from '@cynodeai/runtime/std';

/** Which family of exit codes a refusal belongs to. Contract 05 section 2.2. */
export type GatewayErrorCode = 'auth' | 'not_found' | 'conflict' | 'validation' | 'gateway';

export interface GatewayErrorDetails {
  readonly status?: number;
  readonly requestId?: string;
  readonly problem?: Problem;
  /** Seconds the gateway asked to wait. */
  readonly retryAfterSeconds?: number;
  /** The gateway could not be asked at all, or was cut off. */
  readonly network?: boolean;
  readonly cause?: unknown;
}

/** A call that did not succeed: refused, unreachable, redirected, or answered in an undocumented shape. */
export class GatewayError extends CodedError<GatewayErrorCode> {
  readonly status: number | undefined;
  /** Kind of the problem document, such as `not_found`; undefined when there was none. */
  readonly kind: string | undefined;
  readonly requestId: string | undefined;
  readonly problem: Problem | undefined;
  readonly retryAfterSeconds: number | undefined;
  /** True when the same question may be answered later: network faults, 429 and 5xx. */
  readonly transient: boolean;

  constructor(code: GatewayErrorCode, message: string, details: GatewayErrorDetails = {}) {
    super(code, message, details.cause === undefined ? undefined : { cause: details.cause });
    this.status = details.status;
    this.problem = details.problem;
    this.kind = details.problem && problemKindOf(details.problem.type);
    this.requestId = details.requestId;
    this.retryAfterSeconds = details.retryAfterSeconds;
    const status = details.status ?? 0;
    this.transient = details.network === true || status === 429 || status >= 500;
  }
}

const codeOfStatus: Readonly<Record<number, GatewayErrorCode>> = {
  400: 'validation',
  401: 'auth',
  403: 'auth',
  404: 'not_found',
  409: 'conflict',
  410: 'not_found',
  412: 'conflict',
  413: 'validation',
  415: 'validation',
  422: 'validation',
};

function problemOf(text: string): Problem | undefined {
  try {
    const parsed = problemSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** A refusal as it arrived. */
export interface RefusedAnswer {
  readonly status: number;
  /** At most the first 64 KiB of the body. */
  readonly text: string;
  readonly requestId: string;
  readonly retryAfter: string | undefined;
}

/** The error for an answer outside 2xx; only the problem document's own words reach the message. Contract 05 section 2.6. */
export function refusalError(answer: RefusedAnswer): GatewayError {
  const { status } = answer;
  const redirected = status >= 300 && status < 400;
  const problem = problemOf(answer.text);
  const seconds = /^\d{1,6}$/.test(answer.retryAfter ?? '') ? Number(answer.retryAfter) : undefined;
  const fallback = redirected
    ? 'the gateway answered with a redirect, which is not followed; set its final address'
    : 'the gateway refused the request';
  return new GatewayError(
    codeOfStatus[status] ?? 'gateway',
    messageOfProblem(problem) ?? fallback,
    {
      status,
      requestId: problem?.instance ?? answer.requestId,
      ...(problem && { problem }),
      ...(seconds !== undefined && { retryAfterSeconds: seconds }),
    },
  );
}

function messageOfProblem(problem: Problem | undefined): string | undefined {
  if (problem === undefined) return undefined;
  const text = problem.detail ?? problem.title;
  return text === '' ? undefined : text;
}
