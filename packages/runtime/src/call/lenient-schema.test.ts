import { openEnum } from '@cynodeai/contracts/common';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { lenientSchema } from './lenient-schema.ts';

const inner = z.strictObject({ id: z.uuid(), state: z.enum(['on', 'off']) });
const documented = z.strictObject({
  list: z.array(inner),
  maybe: inner.optional(),
  either: z.union([inner, z.string()]).nullable(),
  byName: z.record(z.string(), inner),
  kept: z.object({ a: z.int() }),
  piped: z.string().transform(Number).pipe(z.number()),
});
const id = '0198c0de-0000-7000-8000-000000000001';
const one = { id, state: 'on' };
const value = {
  list: [one],
  maybe: one,
  either: one,
  byName: { x: one },
  kept: { a: 1 },
  piped: '5',
};

describe('lenientSchema', () => {
  it('takes fields that a strict schema does not name, at every depth, and keeps them', () => {
    const more = { ...one, later: 1 };
    const newer = {
      ...value,
      list: [more],
      maybe: more,
      either: more,
      byName: { x: more },
      later: {},
    };
    expect(documented.safeParse(newer).success).toBe(false);
    expect(lenientSchema(documented).parse(newer)).toEqual({ ...newer, piped: 5 });
  });

  it('leaves the rest as it is: unknown fields of plain objects go, forms and members are checked', () => {
    const lenient = lenientSchema(documented);
    expect(lenient.parse({ ...value, kept: { a: 1, b: 2 } })).toMatchObject({ kept: { a: 1 } });
    for (const list of [[{ ...one, id: 'x' }], [{ ...one, state: 'odd' }], [{ id }], undefined]) {
      expect(lenient.safeParse({ ...value, list }).success).toBe(false);
    }
  });

  it('keeps the rules of an object and takes one that holds itself', () => {
    const ruled = z.strictObject({ a: z.int(), b: z.int() }).refine(({ a, b }) => a < b, 'order');
    expect(lenientSchema(ruled).safeParse({ a: 2, b: 1, c: 0 }).error?.issues[0]?.message).toBe(
      'order',
    );
    const tree = z.strictObject({
      name: z.string(),
      get children(): z.ZodArray<typeof tree> {
        return z.array(tree);
      },
    });
    const leaf = { name: 'leaf', children: [], later: 1 };
    const root = { name: 'root', children: [leaf] };
    expect(lenientSchema(tree).parse(root)).toEqual(root);
    const lazy: z.ZodType = z.lazy(() => z.strictObject({ next: lazy.optional() }));
    expect(lenientSchema(lazy).parse({ next: { later: 1 } })).toEqual({ next: { later: 1 } });
  });

  it('takes any text for a word of an open enum', () => {
    const role = openEnum(['owner', 'viewer']);
    expect(role.safeParse('auditor').success).toBe(false);
    expect(lenientSchema(z.object({ role })).parse({ role: 'auditor' })).toEqual({
      role: 'auditor',
    });
  });

  it('is derived once, and is the schema itself where nothing changes', () => {
    expect(lenientSchema(documented)).toBe(lenientSchema(documented));
    const plain = z.array(z.string().optional());
    expect(lenientSchema(plain)).toBe(plain);
  });

  it('read sparsely anything may be missing or null and texts have any form, but no type changes', () => {
    const sparse = lenientSchema(documented, 'sparse');
    expect(sparse.parse({})).toEqual({});
    const parts = { list: [{ id: 'x', state: null }, {}], either: { id: 'y' }, maybe: null };
    expect(sparse.parse(parts)).toEqual({ list: [{ id: 'x' }, {}], either: { id: 'y' } });
    for (const bad of [{ list: [{ state: 'odd' }] }, { list: [5] }, { kept: { a: 'x' } }, []]) {
      expect(sparse.safeParse(bad).success).toBe(false);
    }
    const newer = { kept: { a: 1, later: 2 }, later: {}, either: { id: 'y', later: 3 } };
    expect(sparse.parse(newer)).toEqual(newer);
    expect(sparse.parse({ kept: '{"a":1}', either: 'text' })).toEqual({
      kept: { a: 1 },
      either: 'text',
    });
    expect(sparse.safeParse({ kept: 'text' }).success).toBe(false);
    const found = sparse.safeParse({ list: [{ id: 5 }] });
    expect(found.error?.issues[0]?.path).toEqual(['list', 0, 'id']);
  });
});
