import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textWidth } from './fit-width.ts';
import { formatRows } from './rows.ts';

describe('rows for a person', () => {
  it('are columns of one width, without spaces at the end', () => {
    const rows = [
      ['a', 'completed', 'exit 0'],
      ['日本', 'queued', ''],
    ] as const;
    expect(formatRows(rows, undefined)).toBe('a     completed  exit 0\n日本  queued\n');
  });

  it('give a name that leaves no room for the rest a line of its own', () => {
    const rows = [
      ['a-name-of-twenty-one', 'completed'],
      ['short', 'queued'],
    ] as const;
    expect(formatRows(rows, 20)).toBe(
      'a-name-of-twenty-one\n           completed\nshort      queued\n',
    );
    expect(formatRows(rows, 15)).toBe('a-name-of-twenty-one\n  completed\nshort\n  queued\n');
  });

  it('are a line each, whatever their cells hold', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '\n', '\t', '\r', '\\'), maxLength: 6 });
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1 }), (all) => {
        const text = formatRows(all, undefined);
        expect(text).not.toMatch(/[\t\r]/);
        expect(text.match(/\n/g)).toHaveLength(all.length);
      }),
    );
    expect(formatRows([['a\nforged  completed', 'queued']], undefined)).toBe(
      'a\\nforged  completed  queued\n',
    );
  });

  it('never cut a name, and fit a window that has room for their other columns', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', 'é', '日', '-'), maxLength: 8 });
    const name = fc.string({ unit: fc.constantFrom('a', '-', '7'), minLength: 1, maxLength: 30 });
    const rows = fc.array(fc.tuple(name, cell, cell), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(rows, fc.integer({ min: 40, max: 120 }), (all, columns) => {
        const lines = formatRows(all, columns).split('\n');
        for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(columns);
        for (const [first] of all) expect(lines.some((line) => line.startsWith(first))).toBe(true);
      }),
    );
  });
});
