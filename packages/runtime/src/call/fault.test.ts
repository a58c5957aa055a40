import { describe, expect, it } from 'vitest';
import { faultCodes, wasNeverSent } from './fault.ts';

const coded = (code: string, options?: ErrorOptions) =>
  Object.assign(new Error(code, options), { code });

describe('a failed call', () => {
  it('never left when every cause of it came before', () => {
    expect(wasNeverSent(coded('ECONNREFUSED'))).toBe(true);
    const both = new AggregateError([coded('ECONNREFUSED'), coded('ENETUNREACH')]);
    expect(wasNeverSent(new Error('x', { cause: both }))).toBe(true);
  });

  it('may have left otherwise', () => {
    expect(wasNeverSent(coded('ECONNRESET'))).toBe(false);
    expect(wasNeverSent(coded('ECONNREFUSED', { cause: coded('ECONNRESET') }))).toBe(false);
    expect(wasNeverSent(new Error('no code'))).toBe(false);
    expect(wasNeverSent('text')).toBe(false);
    expect(faultCodes(new AggregateError([coded('A'), coded('B')]))).toEqual(['A', 'B']);
  });
});
