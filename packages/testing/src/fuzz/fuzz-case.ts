import type { ProblemKind, Route } from '@cynodeai/contracts/common';
import type { JsonInput } from './json-text.ts';
import type { WireRequest } from './wire-request.ts';

/** What a case may be answered with. */
export interface Expectation {
  /** Problem kinds that are right. */
  readonly kinds: readonly ProblemKind[];
  /** Whether a declared success is right too. */
  readonly success: boolean;
  /** The server may close the connection instead of answering: what arrived was no request. */
  readonly mayClose?: boolean;
}

/** One bad request and what it may be answered with. */
export interface FuzzCase {
  /** Names the case for a replay: operation, field, mutation class, number. */
  readonly id: string;
  /** The route whose declaration binds the answer; undefined for what names no route. */
  readonly route: Route | undefined;
  /** Dotted path of the field that was changed, with its part of the request in front, such as `body.sandbox.image`. */
  readonly field: string;
  /** Mutation class. */
  readonly mutation: string;
  readonly expect: Expectation;
  /** Made when it is sent: some bodies are megabytes. */
  readonly request: () => WireRequest;
}

/** A request that is right, to be broken in one place. */
export interface Sample {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: JsonInput;
  /** Of a route that takes raw bytes of one form only. */
  readonly content?: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A server under test. */
export interface FuzzTarget {
  /** For reports. */
  readonly name: string;
  readonly port: number;
  readonly routes: readonly Route[];
  /** Right requests of a route by operation; what is not given is made from the schemas. */
  readonly samples: Readonly<Record<string, readonly Sample[]>>;
  /** By operation: a right request that costs the server little, for the cases that do not change a body field. */
  readonly cheap?: Readonly<Record<string, Sample>>;
  /** Operations whose path parameters are names that clients make up: what the schema takes may succeed. */
  readonly openParams?: readonly string[];
  /** Operations whose samples are refused on purpose; every other one must be seen to succeed. */
  readonly refused?: readonly string[];
  /** A live bearer credential for the routes that need one. */
  bearer(route: Route): string | undefined;
  /** Tokens of other parties, expired ones: well-formed and never right here. */
  readonly foreignTokens: readonly string[];
  /** Texts that no refusal and no log line may hold, such as live tokens and keys. */
  readonly secrets: readonly string[];
  /** Texts of requests are stored, so that U+0000 and lone surrogates must be refused. */
  readonly storesText: boolean;
  /** Places, as `operation/field`, whose unknown members are read by nobody and stored nowhere. */
  readonly unstored?: readonly string[];
  /** Places, as `operation/field`, whose text is a word for operators and goes into the log. */
  readonly logged?: readonly string[];
  /** Largest body, bytes. */
  readonly bodyLimitBytes: number;
  /** Time a whole request may take to arrive, ms; undefined when it is too long to wait for. */
  readonly readTimeoutMs: number | undefined;
  /** Everything the server wrote, causes and stacks of errors included. */
  logText(): string;
}

/** Kinds that any server may answer before it looks at a route. */
export const transportKinds: readonly ProblemKind[] = [
  'validation',
  'not_found',
  'method_not_allowed',
];
