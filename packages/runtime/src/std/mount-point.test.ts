import { expect, it } from 'vitest';
import { mountPoint } from './mount-point.ts';

it.each([
  ['/a', '/a'],
  [String.raw`/a\040b`, '/a b'],
  [String.raw`/a\011b\012c`, '/a\tb\nc'],
  [String.raw`/a\134040b`, String.raw`/a\040b`],
  ['/ünï/日本:x', '/ünï/日本:x'],
])('%s is %s', (field, path) => {
  expect(mountPoint(field)).toBe(path);
});
