import type { z } from 'zod';
import type { ProblemKind } from './problem-kinds.ts';

/** What a success status carries. */
export type ResponseBody =
  | { readonly kind: 'json'; readonly schema: z.ZodType }
  | { readonly kind: 'text' }
  | { readonly kind: 'event-stream' }
  /** Raw bytes of a type the answer names. */
  | { readonly kind: 'bytes' }
  | { readonly kind: 'empty' };

/** Types of bodies that are handed over as they arrive instead of being parsed. */
export type StreamedMedia = 'application/octet-stream' | 'multipart/form-data';

/**
 * Who may call: nobody is checked, a person's access token, a node's JWT, the PSK in the body, a node's Worker API token,
 * the token of what runs workflows (or, where the route says so, of one of its agents).
 */
export type RouteAuth = 'none' | 'user' | 'node' | 'psk' | 'worker' | 'runner';

/**
 * One endpoint as data. Servers bind it, clients call it, the OpenAPI document is made from it.
 * `path` uses `{name}` for parameters; every other character, colons included, is literal.
 */
export interface Route {
  /** Unique dotted name, also the OpenAPI operation id. */
  readonly operation: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: `/${string}`;
  readonly auth: RouteAuth;
  /** What the caller asks for, as the role map names it. */
  readonly action?: string;
  /** The kind of thing it is done to. */
  readonly resource?: string;
  readonly summary: string;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** A body may be absent altogether. */
  readonly bodyOptional?: boolean;
  /** Largest body in bytes when it differs from the server's limit. */
  readonly bodyLimitBytes?: number;
  /**
   * The body, or another form of it beside `body`, that the handler reads while it arrives. A form's first part is
   * `form.field`, holding `body`; file parts named `form.files` follow.
   */
  readonly streamed?: StreamedMedia;
  readonly form?: { readonly field: string; readonly files: string };
  /** Largest streamed body in bytes when it differs from the server's limit. */
  readonly streamedLimitBytes?: number;
  readonly success: Readonly<Record<number, ResponseBody>>;
  readonly errors: readonly ProblemKind[];
}

/** A route that checks a person; roles decide about its action, and its calls are audited under both names. */
export interface UserRoute<Action extends string = string> extends Route {
  readonly auth: 'user';
  readonly action: Action;
  readonly resource: string;
}

/** A route behind a token of a machine that is checked before its body is read. */
interface GuardedRoute extends Route {
  readonly auth: 'node' | 'worker' | 'runner';
}

/** A route whose body a stranger can send; it says how little of that is read. */
interface OpenRoute extends Route {
  readonly auth: 'none' | 'psk';
  readonly body: z.ZodType;
  readonly bodyLimitBytes: number;
  readonly streamed?: never;
}

/** A route that anybody may call and that takes no body. */
interface OpenBodylessRoute extends Route {
  readonly auth: 'none';
  readonly body?: never;
  readonly streamed?: never;
}

/** A route that roles do not decide about. */
export type OtherRoute = GuardedRoute | OpenRoute | OpenBodylessRoute;

/** Keeps the literal types of a route, so that handlers and clients are typed from it. */
export function defineRoute<const R extends UserRoute | OtherRoute>(route: R): R {
  return route;
}

/** The parsed value of one part of a route's request; undefined when the route has no such part. */
export type RouteInput<
  R extends Route,
  P extends 'params' | 'query' | 'body',
> = R[P] extends z.ZodType ? z.infer<R[P]> : undefined;

type JsonBodies<R extends Route> = {
  [S in keyof R['success']]: R['success'][S] extends {
    kind: 'json';
    schema: infer T extends z.ZodType;
  }
    ? z.infer<T>
    : never;
}[keyof R['success']];

/** The JSON body of a route's success answers; never when it has none. */
export type RouteOutput<R extends Route> = JsonBodies<R>;
