import { expect, it } from 'vitest';
import { trimEnd } from './trim-end.ts';

it.each([
  ['http://a/b//', '/', 'http://a/b'],
  ['a., ', ' ,.', 'a'],
  ['//', '/', ''],
  ['', '/', ''],
  ['a/b', '/', 'a/b'],
])('takes what is unwanted from the end of %j', (text, unwanted, rest) => {
  expect(trimEnd(text, unwanted)).toBe(rest);
});
