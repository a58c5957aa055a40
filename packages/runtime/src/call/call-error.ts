import { type FieldError, type Problem, problemKindOf } from '@cynodeai/contracts/common';
import { CodedError, errorCodeOf } from '../std/index.ts';
import { faultCodes, wasNeverSent } from './fault.ts';

/**
 * `refused`: an answer that the route does not name as a success. `unreachable`: no connection, or it was cut.
 * `late`: the limit of time is over. `bad_answer`: a success that is not of the documented shape. `too_large`: more
 * bytes than the caller reads.
 */
export type CallErrorCode = 'refused' | 'unreachable' | 'late' | 'bad_answer' | 'too_large';

export interface CallErrorDetails {
  readonly status?: number;
  readonly requestId?: string;
  readonly problem?: Problem;
  /** Seconds that the peer asked to wait. */
  readonly retryAfterSeconds?: number;
  /** The body of a refusal, cut at 64 KiB. */
  readonly text?: string;
  /** Field at fault of an answer of another shape; empty for the whole. */
  readonly field?: string;
  /** Plain words for what happened, without addresses. */
  readonly reason?: string;
  readonly cause?: unknown;
}

/** A call of another service that did not succeed. The caller's own abort is none: its reason is thrown as it is. */
export class CallError extends CodedError<CallErrorCode> {
  readonly #text: string;
  /** HTTP status, when there was an answer. */
  readonly status: number | undefined;
  readonly requestId: string | undefined;
  readonly problem: Problem | undefined;
  /** Kind of the problem document, such as `not_found`; undefined when there was none. */
  readonly kind: string | undefined;
  /** The peer's own words, when it sent a problem document. */
  readonly detail: string | undefined;
  readonly errors: readonly FieldError[];
  readonly retryAfterSeconds: number | undefined;
  readonly field: string | undefined;
  readonly reason: string;

  constructor(code: CallErrorCode, message: string, details: CallErrorDetails = {}) {
    super(code, message, details.cause === undefined ? undefined : { cause: details.cause });
    this.#text = details.text ?? '';
    this.status = details.status;
    this.requestId = details.requestId;
    this.problem = details.problem;
    this.kind = details.problem && problemKindOf(details.problem.type);
    const words = details.problem && (details.problem.detail ?? details.problem.title);
    this.detail = words === '' ? undefined : words;
    this.errors = details.problem?.errors ?? [];
    this.retryAfterSeconds = details.retryAfterSeconds;
    this.field = details.field;
    this.reason = details.reason ?? message;
  }

  /** The body of a refusal, for peers whose refusals are no problem documents; kept out of logs and copies. */
  get text(): string {
    return this.#text;
  }

  /** True when the request cannot have left, so that repeating it is safe. */
  get neverSent(): boolean {
    return this.code === 'unreachable' && wasNeverSent(this.cause);
  }

  /** The fault's code, such as `ECONNREFUSED`, which names no address. */
  get faultCode(): string | undefined {
    return faultCodes(this.cause)[0];
  }
}

const plainReasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused; is it running?',
  ENOTFOUND: 'its host name is not known',
  EAI_AGAIN: 'its host name could not be looked up',
  ECONNRESET: 'the connection was closed',
  EPIPE: 'the connection was closed',
  EHOSTUNREACH: 'no route to its host',
  ENETUNREACH: 'its network is unreachable',
  ETIMEDOUT: 'it took too long to answer',
  ERR_CONNECT_TIMEOUT: 'it took too long to connect',
  ERR_CLIENT_CLOSED: 'this client was closed',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is of nobody that is trusted here',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is of nobody that is trusted here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is of nobody that is trusted here',
  CERT_SIGNATURE_FAILURE: 'its certificate is of nobody that is trusted here',
  CERT_HAS_EXPIRED: 'its certificate has ended',
  CERT_NOT_YET_VALID: 'its certificate is not good yet; is the clock right?',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for other names and addresses',
  ERR_TLS_PINNED_OTHER: 'it shows another certificate than it was known by; it was told nothing',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it speaks no TLS; is the address http?',
  ERR_NOT_PROVEN: 'another program answers there, not that of this install; it was told nothing',
};

/** Plain words for a network fault. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown fault';
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const code = errorCodeOf(first);
  return code === undefined ? error.name : (plainReasons[code] ?? code);
}
