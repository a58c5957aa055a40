import { parseJson } from '@cynodeai/runtime/std';
import type { Route } from '@cynodeai/contracts/common';
import fc from 'fast-check';
import { bodyFieldName, markOf, sampleWith } from './body-cases.ts';
import { mutationsOf } from './field-mutations.ts';
import { type SchemaField, fieldsOf, inputSchema } from './field-tree.ts';
import { type Expectation, type FuzzTarget, transportKinds } from './fuzz-case.ts';
import { type JsonInput, RawJson } from './json-text.ts';
import {
  type CaseDraft,
  declared,
  plainSample,
  requestParts,
  samplesOf,
  textOf,
} from './request-plan.ts';
import { replaceAt } from './sample-value.ts';
import { wireRequest } from './wire-request.ts';

/** One random change of a body field: one of its mutations, or any JSON at all. */
interface Edit {
  readonly field: number;
  readonly mutation: number;
  readonly json: string | undefined;
}

interface RandomPlan {
  readonly route: number;
  readonly edits: readonly Edit[];
  readonly param: string;
  readonly query: string;
  readonly chunked: boolean;
}

const index = fc.nat({ max: 1_000_000 });
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.uuid(),
);
const anyJson = fc.oneof(
  fc.json({ maxDepth: 4, stringUnit: 'binary' }),
  fc.double().map((value) => JSON.stringify(value)),
  fc.bigInt().map(String),
  anyText.map((text) => JSON.stringify(text)),
);

const plan: fc.Arbitrary<RandomPlan> = fc.record({
  route: index,
  edits: fc.array(
    fc.record({
      field: index,
      mutation: index,
      json: fc.option(anyJson, { nil: undefined }),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  param: anyText,
  query: anyText,
  chunked: fc.boolean(),
});

function pick<T>(items: readonly T[], number: number): T | undefined {
  return items[number % items.length];
}

/** Percent-encodes whatever it is, lone surrogates as U+FFFD. */
function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

function editedBody(
  start: JsonInput | undefined,
  fields: readonly SchemaField[],
  edits: readonly Edit[],
  root: SchemaField,
  mark: (field: SchemaField) => string,
): JsonInput | undefined {
  return edits.reduce<JsonInput | undefined>((body, edit) => {
    const field = pick(fields, edit.field);
    if (field === undefined || body instanceof RawJson) return body;
    const mutation = pick(mutationsOf(field, mark(field), undefined), edit.mutation);
    const value = edit.json === undefined ? mutation?.value() : new RawJson(edit.json);
    return replaceAt(body, field.path, value, root.schema);
  }, start);
}

/** What the schema says of a body that is JSON: refused, or open. */
function expectationOf(route: Route, text: string | null): Expectation {
  const open = declared(route);
  if (route.body === undefined || text === null) return open;
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    return { ...open, success: false };
  }
  return { ...open, success: route.body.safeParse(value).success };
}

function bodyDraft(target: FuzzTarget, route: Route, random: RandomPlan): CaseDraft {
  const fields = route.body === undefined ? [] : fieldsOf(inputSchema(route.body));
  const [root] = fields;
  const paths = random.edits.map((edit) => pick(fields, edit.field)?.path ?? []);
  const sample = sampleWith(samplesOf(target, route), paths[0] ?? []);
  const edited =
    root &&
    editedBody(sample.body, fields, random.edits, root, (field) => markOf(target, route, field));
  const text = textOf(edited);
  const first = root && pick(fields, random.edits[0]?.field ?? 0);
  return {
    route,
    field: first === undefined ? 'body' : bodyFieldName(first),
    mutation: 'random',
    expect: expectationOf(route, text),
    request: () =>
      wireRequest(requestParts(target, route, sample, { body: text, chunked: random.chunked })),
  };
}

function urlDraft(target: FuzzTarget, route: Route, random: RandomPlan): CaseDraft {
  const sample = plainSample(target, route);
  const [param] = Object.keys(route.params?.shape ?? {});
  const names = Object.keys(route.query?.shape ?? {});
  const name = pick(names, random.edits[0]?.field ?? 0);
  const change = {
    ...(param !== undefined && { params: { [param]: encoded(random.param) } }),
    ...(name !== undefined && { query: `${name}=${encoded(random.query)}` }),
  };
  return {
    route,
    field: name === undefined ? `params.${param ?? ''}` : `query.${name}`,
    mutation: 'random',
    expect: { kinds: [...route.errors, ...transportKinds], success: true },
    request: () => wireRequest(requestParts(target, route, sample, change)),
  };
}

/** `count` random cases; the same seed gives the same cases. */
export function randomCases(target: FuzzTarget, seed: number, count: number): readonly CaseDraft[] {
  const routes = target.routes.filter(
    (route) => route.body !== undefined || route.query !== undefined || route.params !== undefined,
  );
  return fc.sample(plan, { seed, numRuns: count }).flatMap((random) => {
    const route = pick(routes, random.route);
    if (route === undefined) return [];
    const byUrl = route.body === undefined || (route.params !== undefined && random.chunked);
    return [byUrl ? urlDraft(target, route, random) : bodyDraft(target, route, random)];
  });
}
