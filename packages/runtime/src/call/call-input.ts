import type { Route } from '@cynodeai/contracts/common';
import type { z } from 'zod';
import type { UploadFile } from './form-body.ts';

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

type ContentPart<R extends Route> = R extends { readonly streamed: 'application/octet-stream' }
  ? { readonly content: RawContent }
  : { readonly content?: undefined };

/** Bytes that are sent as they are, read while they go out. */
export interface RawContent {
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly sizeBytes: number;
}

/** Everything one call of a route sends, typed from the route. */
export type CallInput<R extends Route> = ParamsPart<R> &
  QueryPart<R> &
  BodyPart<R> &
  FilesPart<R> &
  ContentPart<R>;

/** A call without its route's types. */
export interface AnyCallInput {
  readonly params?: Readonly<Record<string, string>> | undefined;
  readonly query?: Readonly<Record<string, string | number | undefined>> | undefined;
  readonly body?: unknown;
  readonly files?: readonly UploadFile[] | undefined;
  readonly content?: RawContent | undefined;
}

/**
 * `/v1/tasks/{id}` with every parameter percent-encoded, plus the query.
 * See docs/reference/cli.md#requests.
 */
export function pathOf(route: Route, input: AnyCallInput): string {
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_match, name: string) => {
    const value = input.params?.[name];
    if (value === undefined) throw new TypeError(`${route.operation} needs the parameter ${name}`);
    // A segment of dots would be resolved away as a relative path.
    return /^\.{1,2}$/.test(value) ? value.replaceAll('.', '%2E') : encodeURIComponent(value);
  });
  return `${path}${queryOf(input)}`;
}

/** `?name=value` of what is defined, or nothing. */
export function queryOf({ query }: AnyCallInput): string {
  const pairs = Object.entries(query ?? {})
    .filter((entry): entry is [string, string | number] => entry[1] !== undefined)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}
