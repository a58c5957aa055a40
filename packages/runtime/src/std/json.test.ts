import { describe, expect, it } from 'vitest';
import { parseJson, parseJsonOr } from './json.ts';

describe('parseJson', () => {
  it('gives the value of a JSON text', () => {
    expect(parseJson(' {"a":[1,null]} ')).toEqual({ a: [1, null] });
    expect(parseJsonOr('null', 'none')).toBeNull();
  });

  it.each(['', '{', '{"token":"secret"', 'secret'])(
    'refuses %j and repeats nothing of it',
    (text) => {
      const fault: unknown = (() => {
        try {
          return parseJson(text);
        } catch (error) {
          return error;
        }
      })();
      expect(fault).toMatchObject({ code: 'not_json', message: 'it is not JSON' });
      expect(fault).not.toHaveProperty('cause');
      expect(parseJsonOr(text)).toBeUndefined();
      expect(parseJsonOr(text, text)).toBe(text);
    },
  );
});
