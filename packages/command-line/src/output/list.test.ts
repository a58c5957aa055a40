import { describe, expect, it } from 'vitest';
import { formatList } from './list.ts';

describe('formatList', () => {
  it('keeps one row a line and one TAB a border, whatever the cells hold (REQ-CLIENT-0144)', () => {
    const rows = [{ a: 'x\ty\r\nz\\', b: null }, { b: 5, a: false, other: 'hidden' }, {}];
    expect(formatList({ columns: ['a', 'b'], rows })).toBe(
      'a\tb\nx\\ty\\r\\nz\\\\\t\nfalse\t5\n\t\n',
    );
  });
});
