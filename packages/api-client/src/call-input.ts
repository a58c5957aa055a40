import type { Route } from '@cynodeai/contracts/common';
import type { z } from 'zod';
import type { UploadFile } from './multipart.ts';

type ParamsPart<R extends Route> = R['params'] extends z.ZodObject
  ? { readonly params: { readonly [K in keyof z.infer<R['params']>]: string } }
  : { readonly params?: undefined };

type QueryPart<R extends Route> = R['query'] extends z.ZodObject
  ? { readonly query?: { readonly [K in keyof z.infer<R['query']>]?: string | number | undefined } }
  : { readonly query?: undefined };

type BodyPart<R extends Route> = R['body'] extends z.ZodType
  ? R['bodyOptional'] extends true
    ? { readonly body?: z.input<R['body']> }
    : { readonly body: z.input<R['body']> }
  : { readonly body?: undefined };

type FilesPart<R extends Route> = R extends { readonly form: object }
  ? {
      /** Sent behind the body, which makes the call a form; none or an empty list leaves it JSON. */
      readonly files?: readonly UploadFile[];
    }
  : { readonly files?: undefined };

/** What every call may add. */
export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Deadline of the whole call in ms; 30 s unless told. */
  readonly timeoutMs?: number;
  /** For uploads and downloads, in place of the deadline: the longest time without a byte sent or received, ms. */
  readonly stallMs?: number;
}

/** Everything one call of a route sends, typed from the route. */
export type CallInput<R extends Route> = ParamsPart<R> &
  QueryPart<R> &
  BodyPart<R> &
  FilesPart<R> &
  CallOptions;

/** A call without its route's types, as the transport sees it. */
export interface AnyCallInput extends CallOptions {
  readonly params?: Readonly<Record<string, string>> | undefined;
  readonly query?: Readonly<Record<string, string | number | undefined>> | undefined;
  readonly body?: unknown;
  readonly files?: readonly UploadFile[] | undefined;
}

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

/** What a call answers: the validated JSON body, the text of a text route, undefined for an empty answer. */
export type CallOutput<R extends Route> = Bodies<R>;

/** `/v1/tasks/{id}` with every parameter percent-encoded, plus the query. Contract 05 section 5. */
export function pathOf(route: Route, input: AnyCallInput): string {
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_match, name: string) => {
    const value = input.params?.[name];
    if (value === undefined) throw new TypeError(`${route.operation} needs the parameter ${name}`);
    // A segment of dots would be resolved away as a relative path.
    return /^\.{1,2}$/.test(value) ? value.replaceAll('.', '%2E') : encodeURIComponent(value);
  });
  const query = Object.entries(input.query ?? {})
    .filter((entry): entry is [string, string | number] => entry[1] !== undefined)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  return query.length === 0 ? path : `${path}?${query.join('&')}`;
}
