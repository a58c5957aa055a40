import { expect, it } from 'vitest';
import { excerptOf } from './excerpt.ts';

it('keeps a text that fits, and of a longer one head and tail with what is between them', () => {
  expect(excerptOf('short')).toBe('short');
  const long = `first ${'x'.repeat(20_000)} last`;
  const cut = excerptOf(long);
  expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(8192);
  expect(cut).toMatch(/^first x+\n\[\d+ bytes left out\]\nx+ last$/);
  const left = Number(/\[(\d+) bytes/.exec(cut)?.[1]);
  expect(left + cut.replace(/\n\[.*\]\n/, '').length).toBe(long.length);
});

it('never cuts inside a character', () => {
  for (let size = 100; size < 130; size += 1) {
    const cut = excerptOf('é😀'.repeat(200), size);
    expect(cut).not.toContain('\uFFFD');
    expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(size);
  }
});
