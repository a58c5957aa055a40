import { describe, expect, it } from 'vitest';
import { at, errorCodeOf, isRecord } from './record.ts';

describe('record', () => {
  it('is an object with named fields', () => {
    expect([{}, { a: 1 }, new Error('x')].every(isRecord)).toBe(true);
    expect([null, undefined, [], 'x', 1, () => {}].some(isRecord)).toBe(false);
  });

  it('is entered by a path, which may end early', () => {
    const value = { list: [{ name: 'x' }] };
    expect(at(value, 'list', 0, 'name')).toBe('x');
    expect(at(value)).toBe(value);
    expect([at(value, 'list', 1, 'name'), at(null, 'a'), at('text', 'length')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('gives the code of a fault', () => {
    expect(errorCodeOf(Object.assign(new Error('x'), { code: 'ENOENT' }))).toBe('ENOENT');
    expect([new Error('x'), { code: 5 }, undefined].map(errorCodeOf)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
