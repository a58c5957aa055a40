import type { Route } from '@cynodeai/contracts/common';
import { inputSchema } from './field-tree.ts';
import type { Expectation, FuzzCase, FuzzTarget, Sample } from './fuzz-case.ts';
import { type JsonInput, jsonText } from './json-text.ts';
import { sampleValue } from './sample-value.ts';
import type { RequestParts } from './wire-request.ts';

type Headers = RequestParts['headers'];

/** What a case changes in a right request. */
export interface Change {
  readonly method?: string;
  readonly params?: Readonly<Record<string, string>>;
  /** The query as it goes out, without the question mark. */
  readonly query?: string;
  /** Bytes of the body; null for none. */
  readonly body?: string | Uint8Array | null;
  readonly contentType?: string | undefined;
  /** Instead of the live credential; empty for none. */
  readonly authorization?: readonly string[];
  readonly headers?: Headers;
  readonly chunked?: boolean;
}

/** Right requests of a route, each with a body when the route has one. */
export function samplesOf(target: FuzzTarget, route: Route): readonly Sample[] {
  const { body } = route;
  return (target.samples[route.operation] ?? [{}]).map((sample) => ({
    ...sample,
    ...(body !== undefined && { body: sample.body ?? sampleValue(inputSchema(body)) }),
  }));
}

/** The right request of a route for cases that change something else than a body field. */
export function plainSample(target: FuzzTarget, route: Route): Sample {
  const [sample = {}] = samplesOf(target, route);
  return target.cheap?.[route.operation] ?? sample;
}

/** The path of a route with its parameters put in as they are. */
export function pathOf(route: Route, params: Readonly<Record<string, string>> | undefined): string {
  return route.path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => params?.[name] ?? 'sample');
}

function bodyOf(route: Route, sample: Sample, change: Change): string | Uint8Array | undefined {
  if (change.body === null) return undefined;
  if (change.body !== undefined) return change.body;
  if (sample.body === undefined && route.streamed !== undefined) {
    return sample.content ?? 'streamed bytes';
  }
  return sample.body === undefined ? undefined : jsonText(sample.body);
}

function headersOf(
  target: FuzzTarget,
  route: Route,
  sample: Sample,
  change: Change,
  hasBody: boolean,
): Headers {
  const bearer = target.bearer(route);
  const live = bearer === undefined ? [] : [`Bearer ${bearer}`];
  const plain = route.body === undefined ? route.streamed : undefined;
  const type = 'contentType' in change ? change.contentType : (plain ?? 'application/json');
  return [
    ...(change.authorization ?? live).map((value) => ['authorization', value] as const),
    ...(hasBody && type !== undefined ? [['content-type', type] as const] : []),
    ...Object.entries(sample.headers ?? {}),
    ...(change.headers ?? []),
  ];
}

/** A right request with one change. */
export function requestParts(
  target: FuzzTarget,
  route: Route,
  sample: Sample,
  change: Change,
): RequestParts {
  const body = bodyOf(route, sample, change);
  const query = change.query ?? new URLSearchParams(sample.query).toString();
  const path = pathOf(route, { ...sample.params, ...change.params });
  return {
    method: change.method ?? route.method,
    path: query === '' ? path : `${path}?${query}`,
    headers: headersOf(target, route, sample, change, body !== undefined),
    body,
    ...(change.chunked === true && { chunked: true }),
  };
}

/** The declared refusals of a route, and its success. */
export function declared(route: Route): Expectation {
  return { kinds: route.errors, success: true };
}

/** Refused as invalid, by whichever of these kinds the route declares. */
export function invalid(route: Route): Expectation {
  const kinds = ['validation', 'unsupported_payload_version', 'payload_too_large'] as const;
  return { kinds: kinds.filter((kind) => route.errors.includes(kind)), success: false };
}

/** Numbers cases of the same name, so that every id names one case. */
export function caseNamer(): (parts: Pick<FuzzCase, 'route' | 'field' | 'mutation'>) => string {
  const seen = new Map<string, number>();
  return ({ route, field, mutation }) => {
    const name = `${route?.operation ?? 'connection'}/${field}/${mutation}`;
    const number = (seen.get(name) ?? 0) + 1;
    seen.set(name, number);
    return `${name}/${number}`;
  };
}

export type CaseDraft = Omit<FuzzCase, 'id'>;

/** A value as text, for bodies. */
export function textOf(value: JsonInput | undefined): string | null {
  return value === undefined ? null : jsonText(value);
}
