import {
  type FieldError,
  type Problem,
  type ProblemKind,
  type ReadinessReason,
  problemStatus,
  problemType,
} from '@cynodeai/contracts/common';
import { STATUS_CODES } from 'node:http';
import { CodedError } from '../std/index.ts';

export interface ProblemExtras {
  readonly errors?: readonly FieldError[];
  readonly reasons?: readonly ReadinessReason[];
  /** Seconds for the `Retry-After` header. */
  readonly retryAfterSeconds?: number;
  /** Instead of the HTTP reason phrase. */
  readonly title?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** Kinds whose document says the reason once more, as callers of a workflow read it. */
const workflowKinds: ReadonlySet<ProblemKind> = new Set([
  'no_checkpoint',
  'lease_held',
  'lease_lost',
  'lease_mismatch',
  'task_closed',
]);

/** A refusal as it goes over the wire. Only edges make it; inner layers throw coded errors. */
export class ProblemError extends CodedError<ProblemKind> {
  readonly extras: ProblemExtras;

  /** @param detail one sentence for the caller that says what to do; it must hold no secret and no internals. */
  constructor(kind: ProblemKind, detail: string, extras: ProblemExtras = {}) {
    super(kind, detail, extras.cause === undefined ? undefined : { cause: extras.cause });
    this.extras = extras;
  }

  get status(): number {
    return problemStatus[this.code];
  }

  /** The problem document. See docs/reference/http.md#problems. */
  toDocument(requestId: string): Problem {
    const { errors, reasons, title } = this.extras;
    return {
      type: problemType(this.code),
      title: title ?? STATUS_CODES[this.status] ?? 'Error',
      status: this.status,
      ...(this.message !== '' && { detail: this.message }),
      instance: requestId,
      // Named fields belong to `validation` alone; the other kinds say it in their detail.
      ...(errors && this.code === 'validation' && { errors: [...errors] }),
      ...(reasons && { reasons: [...reasons] }),
      ...(workflowKinds.has(this.code) && { reason: this.code }),
    };
  }

  /** Headers that belong to the kind, such as `WWW-Authenticate` on 401. */
  headers(): Record<string, string> {
    const { retryAfterSeconds, headers } = this.extras;
    return {
      ...(this.code === 'authentication' && { 'www-authenticate': 'Bearer' }),
      ...(retryAfterSeconds !== undefined && {
        'retry-after': String(Math.ceil(retryAfterSeconds)),
      }),
      ...headers,
    };
  }
}
