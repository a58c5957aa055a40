import type { Route } from '@cynodeai/contracts/common';
import { z } from 'zod';
import { textCanary } from './canaries.ts';
import { type Expectation, type FuzzTarget, transportKinds } from './fuzz-case.ts';
import { hostileUrlTexts } from './hostile-text.ts';
import { type CaseDraft, declared, requestParts, plainSample } from './request-plan.ts';
import { wireRequest } from './wire-request.ts';

const more = ['', '0', '1', '1.5', '1e3', '0x10', 'true', 'null', 'undefined', '[]', '{}'];

/** What the server reads of an encoded text; undefined where readers may differ. */
function decoded(text: string): string | undefined {
  if (text.includes('+')) return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function expectQuery(route: Route, field: z.ZodType, text: string): Expectation {
  const value = decoded(text);
  if (value === undefined || field.safeParse(value).success) return declared(route);
  return { kinds: ['validation'], success: false };
}

function queryFieldCases(
  target: FuzzTarget,
  route: Route,
  [name, field]: readonly [string, z.ZodType],
): readonly CaseDraft[] {
  const sample = plainSample(target, route);
  const texts = [
    ...hostileUrlTexts(textCanary),
    ...more.map((text) => ({ name: 'value', text: encodeURIComponent(text) })),
  ];
  const draft = (mutation: string, query: string, expect: Expectation): CaseDraft => ({
    route,
    field: `query.${name}`,
    mutation,
    expect,
    request: () => wireRequest(requestParts(target, route, sample, { query })),
  });
  return [
    ...texts.map(({ name: mutation, text }) =>
      draft(mutation, `${name}=${text}`, expectQuery(route, field, text)),
    ),
    draft('duplicate', `${name}=1&${name}=1`, { kinds: ['validation'], success: false }),
    draft('brackets', `${name}[]=1&${name}[a]=1`, declared(route)),
    draft('no-value', name, expectQuery(route, field, '')),
    draft('flood', Array.from({ length: 2000 }, () => `${name}=1`).join('&'), {
      kinds: ['validation'],
      success: false,
    }),
  ];
}

function looseQueryCases(target: FuzzTarget, route: Route): readonly CaseDraft[] {
  const sample = plainSample(target, route);
  const queries: Readonly<Record<string, string>> = {
    unknown: 'no_such_parameter=1',
    prototype: '__proto__=1&constructor=1&toString=1&__proto__[x]=1',
    separators: '&&&=&=1&a&?&;',
    broken: '%&%zz=%ff&%00=%00',
    long: `x=${'a'.repeat(30_000)}`,
    many: Array.from({ length: 5000 }, (_, index) => `a${index}=1`).join('&'),
  };
  return Object.entries(queries).map(([mutation, query]) => ({
    route,
    field: 'query',
    mutation,
    expect: { ...declared(route), kinds: [...route.errors, 'validation'] },
    request: () => wireRequest(requestParts(target, route, sample, { query })),
  }));
}

/** Every query parameter, and the query as a whole. */
export function queryCases(target: FuzzTarget, route: Route): readonly CaseDraft[] {
  const fields = Object.entries(route.query?.shape ?? {}) as [string, z.ZodType][];
  return [
    ...fields.flatMap((field) => queryFieldCases(target, route, field)),
    ...looseQueryCases(target, route),
  ];
}

/** Whether a text in the path may name something: there `+` is no space. */
function mayNameSomething(
  target: FuzzTarget,
  route: Route,
  field: z.ZodType | undefined,
  text: string,
): boolean {
  if (text === '..') return true;
  if (target.openParams?.includes(route.operation) !== true) return false;
  const value = decoded(text.replaceAll('+', '%2B'));
  return value === undefined || field?.safeParse(value).success === true;
}

/** Every path parameter. A text that changes the path may also lead to another route or to none. */
export function paramCases(target: FuzzTarget, route: Route): readonly CaseDraft[] {
  const sample = plainSample(target, route);
  const fields = Object.entries(route.params?.shape ?? {}) as [string, z.ZodType][];
  return fields.flatMap(([name, field]) =>
    [...hostileUrlTexts(textCanary), { name: 'empty', text: '' }].map(
      ({ name: mutation, text }): CaseDraft => ({
        route,
        field: `params.${name}`,
        mutation,
        expect: {
          kinds: [...route.errors, ...transportKinds],
          success: mayNameSomething(target, route, field, text),
        },
        request: () =>
          wireRequest(requestParts(target, route, sample, { params: { [name]: text } })),
      }),
    ),
  );
}
