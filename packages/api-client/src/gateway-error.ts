import { type Problem, problemKindOf } from '@cynodeai/contracts/common';
import { CallError } from '@cynodeai/runtime/call';
import { CodedError } from '@cynodeai/runtime/std';

/** Which family of exit codes a refusal belongs to. See docs/reference/cli.md#exit-codes. */
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

function refusalWords(error: CallError): string {
  const status = error.status ?? 0;
  if (error.detail !== undefined) return error.detail;
  return status >= 300 && status < 400
    ? 'the gateway answered with a redirect, which is not followed; set its final address'
    : 'the gateway refused the request';
}

/**
 * A failed call in words for people; only a problem document's own words reach the message of a
 * refusal. Anything that is no CallError is returned as it is. See docs/reference/cli.md#errors.
 */
export function gatewayErrorOf(error: unknown, baseUrl: string): unknown {
  if (!(error instanceof CallError)) return error;
  const { status, requestId, problem, retryAfterSeconds } = error;
  const details = {
    ...(status !== undefined && { status }),
    ...(requestId !== undefined && { requestId }),
    ...(problem && { problem }),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    cause: error,
  };
  switch (error.code) {
    case 'refused':
      return new GatewayError(codeOfStatus[status ?? 0] ?? 'gateway', refusalWords(error), details);
    case 'unreachable':
    case 'late': {
      const message = `cannot reach the gateway at ${baseUrl}: ${error.reason}`;
      return new GatewayError('gateway', message, { ...details, network: true });
    }
    case 'bad_answer':
    case 'too_large':
      return new GatewayError('gateway', error.message, details);
  }
}
