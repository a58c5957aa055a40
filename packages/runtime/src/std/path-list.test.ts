import fc from 'fast-check';
import { expect, it } from 'vitest';
import { joinPaths, splitPaths } from './path-list.ts';

it('is read as it was written, whatever is in the paths', () => {
  const path = fc.string({
    minLength: 1,
    unit: fc.constantFrom(':', '\\', '/', 'a', ' ', 'é', '\n'),
  });
  fc.assert(
    fc.property(fc.array(path), (paths) => {
      expect(splitPaths(joinPaths(paths))).toEqual(paths);
    }),
  );
});

it('needs no backslash where there is nothing to tell apart', () => {
  expect(joinPaths(['/a b', '/c'])).toBe('/a b:/c');
  expect(splitPaths(':/a::/b c:')).toEqual(['/a', '/b c']);
});
