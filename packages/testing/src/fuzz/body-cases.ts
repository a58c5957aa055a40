import { parseJson } from '@cynodeai/runtime/std';
import type { Route } from '@cynodeai/contracts/common';
import { Buffer } from 'node:buffer';
import { gzipSync } from 'node:zlib';
import { canaryOf, textCanary } from './canaries.ts';
import { type FieldMutation, mutationsOf } from './field-mutations.ts';
import { type SchemaField, fieldsOf, inputSchema } from './field-tree.ts';
import type { Expectation, FuzzTarget, Sample } from './fuzz-case.ts';
import { type JsonInput, isJsonObject, jsonText, nested } from './json-text.ts';
import {
  type CaseDraft,
  type Change,
  declared,
  invalid,
  plainSample,
  requestParts,
  samplesOf,
  textOf,
} from './request-plan.ts';
import { hasPath, replaceAt } from './sample-value.ts';
import { floodRequest, wireRequest } from './wire-request.ts';

function valueAt(value: JsonInput | undefined, path: readonly string[]): JsonInput | undefined {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (Array.isArray(value)) return valueAt(value[Number(key)], rest);
  return isJsonObject(value) ? valueAt(value[key], rest) : undefined;
}

/** Secrets are hashed or compared, not stored as text. */
function isStored(target: FuzzTarget, route: Route, field: SchemaField): boolean {
  const place = `${route.operation}/${bodyFieldName(field)}`;
  const kept = target.storesText && target.unstored?.includes(place) !== true;
  return kept && canaryOf(field.path) === textCanary;
}

/** What hostile texts of a field carry. */
export function markOf(target: FuzzTarget, route: Route, field: SchemaField): string {
  const place = `${route.operation}/${bodyFieldName(field)}`;
  return target.logged?.includes(place) === true ? 'mark' : canaryOf(field.path);
}

function expectationOf(
  target: FuzzTarget,
  route: Route,
  field: SchemaField,
  { verdict }: FieldMutation,
): Expectation {
  if (verdict === 'refused') return invalid(route);
  if (verdict === 'unstorable' && isStored(target, route, field)) {
    return { kinds: route.errors, success: false };
  }
  return declared(route);
}

/** The name of a body field in coverage and case ids. */
export function bodyFieldName(field: SchemaField): string {
  return ['body', ...field.path].join('.');
}

/** The sample that has the field, so that the change meets an otherwise right request. */
export function sampleWith(samples: readonly Sample[], path: readonly string[]): Sample {
  return samples.find((sample) => hasPath(sample.body, path)) ?? samples[0] ?? {};
}

/** Every field of the body spoiled in every way. */
export function bodyFieldCases(target: FuzzTarget, route: Route): readonly CaseDraft[] {
  if (route.body === undefined) return [];
  const schema = inputSchema(route.body);
  const samples = samplesOf(target, route);
  return fieldsOf(schema).flatMap((field) => {
    const sample = sampleWith(samples, field.path);
    const mutations = mutationsOf(
      field,
      markOf(target, route, field),
      valueAt(sample.body, field.path),
    );
    return mutations.map((mutation): CaseDraft => {
      const { name, value } = mutation;
      return {
        route,
        field: bodyFieldName(field),
        mutation: name,
        expect: expectationOf(target, route, field, mutation),
        request: () => {
          const body = textOf(replaceAt(sample.body, field.path, value(), schema));
          return wireRequest(requestParts(target, route, sample, { body }));
        },
      };
    });
  });
}

const refusedTypes = [
  undefined,
  '',
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/xml',
  'application/jsonx',
  'application/merge-patch+json',
  'json',
  '*/*',
  'application/json, text/plain',
  'image/png',
  `text/${textCanary}`,
];

const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));

interface BodyShape extends Change {
  readonly mutation: string;
  readonly expect: Expectation;
}

function isStreamed({ streamed }: Route, contentType: string | undefined): boolean {
  return streamed !== undefined && contentType?.startsWith(streamed) === true;
}

function encodingShapes(route: Route): readonly BodyShape[] {
  const refusal: Expectation = { kinds: ['unsupported_media_type'], success: false };
  const encoded = (encoding: string, expect: Expectation, body?: Uint8Array): BodyShape => ({
    mutation: 'content-encoding',
    expect,
    headers: [['content-encoding', encoding]],
    ...(body && { body }),
  });
  return [
    ...refusedTypes.map((contentType): BodyShape => ({
      mutation: 'content-type',
      // A form's own type with a body that is none.
      expect: isStreamed(route, contentType) ? invalid(route) : refusal,
      contentType,
    })),
    encoded('gzip', refusal, bomb),
    encoded('gzip', refusal),
    encoded('deflate', refusal),
    encoded('br', refusal),
    encoded('zstd', refusal),
    encoded('gzip, gzip', refusal),
    encoded('identity, gzip', refusal),
    encoded('no-such-encoding', refusal),
    encoded('identity', declared(route)),
    {
      mutation: 'charset',
      expect: { kinds: [...route.errors, 'unsupported_media_type'], success: true },
      contentType: 'application/json; charset=utf-16',
    },
  ];
}

function malformedTexts(text: string): readonly (readonly [string, string | Uint8Array])[] {
  return [
    ['truncated', text.slice(0, -1)],
    ['truncated', text.slice(0, Math.ceil(text.length / 2))],
    ['trailing', `${text}x`],
    ['trailing', `${text}${text}`],
    ['not-json', textCanary],
    ['not-json', "{'a':1}"],
    ['not-json', '{"a":NaN}'],
    ['not-json', '{"a":Infinity}'],
    ['not-json', '{"a":01}'],
    ['not-json', '{/**/}'],
    ['not-json', '{"a":1,}'],
    ['not-json', '{"a":"\u0001"}'],
    ['not-json', '<x/>'],
    [
      'bad-utf8',
      Buffer.concat([Buffer.from('{"'), Buffer.from([0xff, 0xfe]), Buffer.from('":1}')]),
    ],
    ['bad-utf8', Buffer.from(text.replace('{', '{"\u00ff":"\u00c0\u00ae",'), 'latin1')],
    ['bad-utf8', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
    ['utf-16', Buffer.from(text, 'utf16le')],
    ['unclosed', '['.repeat(100_000)],
    ['unclosed', '{"a":'.repeat(100_000)],
    ['root-value', 'null'],
    ['root-value', '0'],
    ['root-value', '"text"'],
    ['root-value', '[]'],
    ['root-value', '1e400'],
    ['deep', nested(100_000, 'array').text],
    ['deep', nested(100_000, 'object').text],
    ['wide', `[${'0,'.repeat(500_000)}0]`],
  ];
}

function shapesOf(route: Route, sample: Sample): readonly BodyShape[] {
  const text = textOf(sample.body ?? {}) ?? '{}';
  const malformed = malformedTexts(text).flatMap(([mutation, body]): readonly BodyShape[] => [
    { mutation, body, expect: invalid(route) },
    { mutation, body, expect: invalid(route), chunked: true },
  ]);
  return [
    ...encodingShapes(route),
    ...malformed,
    { mutation: 'blank', body: ' '.repeat(1000), expect: invalid(route) },
    { mutation: 'empty', body: '', expect: declared(route) },
    { mutation: 'none', body: null, expect: declared(route) },
    { mutation: 'byte-order-mark', body: `\ufeff${text}`, expect: declared(route) },
    { mutation: 'blanks-around', body: `\r\n\t ${text} \n`, expect: declared(route) },
  ];
}

/** The body as a whole: types, encodings, malformed and oversized ones. */
export function bodyShapeCases(target: FuzzTarget, route: Route): readonly CaseDraft[] {
  if (route.body === undefined) return [];
  const sample = plainSample(target, route);
  const tooLarge: Expectation = { kinds: ['payload_too_large'], success: false };
  const limit = route.bodyLimitBytes ?? target.bodyLimitBytes;
  const whole = { route, field: 'body' };
  const shapes = shapesOf(route, sample).map(({ mutation, expect, ...change }): CaseDraft => ({
    ...whole,
    mutation,
    expect,
    request: () => wireRequest(requestParts(target, route, sample, change)),
  }));
  const { method, path, headers } = requestParts(target, route, sample, {});
  return [
    ...shapes,
    {
      ...whole,
      mutation: 'chunked-flood',
      expect: tooLarge,
      request: () => floodRequest(method, path, headers, limit + 1024 * 1024),
    },
    {
      ...whole,
      mutation: 'declared-flood',
      expect: tooLarge,
      request: () => {
        const body = Buffer.alloc(limit + 1, 0x20);
        return wireRequest(requestParts(target, route, sample, { body }));
      },
    },
  ];
}

/** A sample as it is must be taken or refused for its meaning, never for its form. */
export function sampleFault(route: Route, sample: Sample): string | undefined {
  if (route.body === undefined || sample.body === undefined) return undefined;
  const parsed = route.body.safeParse(parseJson(jsonText(sample.body)));
  return parsed.success
    ? undefined
    : `${route.operation}: the sample is not right: ${parsed.error}`;
}
