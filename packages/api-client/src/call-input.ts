import type { Route } from '@cynodeai/contracts/common';
import type * as call from '@cynodeai/runtime/call';
import type { z } from 'zod';

/** What every call may add. */
export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** A 401 is about what was sent rather than the token: the call is not repeated. */
  readonly once?: boolean;
  /** Deadline of the whole call in ms; 30 s unless told. */
  readonly timeoutMs?: number;
  /** For uploads and downloads, in place of the deadline: the longest time without a byte sent or received, ms. */
  readonly stallMs?: number;
}

/** Everything one call of a route sends, typed from the route. */
export type CallInput<R extends Route> = call.CallInput<R> & CallOptions;

/** A call without its route's types, as the transport sees it. */
export type AnyCallInput = call.AnyCallInput & CallOptions;

type Bodies<R extends Route> = {
  [S in keyof R['success']]: R['success'][S] extends {
    kind: 'json';
    schema: infer T extends z.ZodType;
  }
    ? z.infer<T>
    : R['success'][S] extends { kind: 'text' }
      ? string
      : undefined;
}[keyof R['success']];

/** What a call answers that is read sparsely: anything of it may be missing. */
export type SparseOutput<R extends Route> = call.Sparse<Bodies<R>>;

/** What a call answers: the validated JSON body, the text of a text route, undefined for an empty answer. */
export type CallOutput<R extends Route> = Bodies<R>;
