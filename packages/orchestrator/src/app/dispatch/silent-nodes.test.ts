import { expect, it } from 'vitest';
import { SilentNodes } from './silent-nodes.ts';

it('a silent node is avoided for ten seconds after it was last noted', () => {
  let now = 0;
  const silent = new SilentNodes(() => now);
  silent.note('a');
  now = 9000;
  silent.note('b');
  expect([...silent.current()]).toEqual(['a', 'b']);
  now = 10_000;
  expect([...silent.current()]).toEqual(['b']);
});
