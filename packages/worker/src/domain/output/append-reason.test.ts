import { describe, expect, it } from 'vitest';
import { appendReason } from './append-reason.ts';

const bytes = (text: string): number => new TextEncoder().encode(text).length;

describe('the reason of the node', () => {
  it('stands on a line of its own behind what the job wrote', () => {
    expect(appendReason({ text: '', truncated: false }, 'gone', 100).text).toBe('cynode: gone\n');
    expect(appendReason({ text: 'a\n', truncated: false }, 'gone', 100).text).toBe(
      'a\ncynode: gone\n',
    );
    expect(appendReason({ text: 'a', truncated: true }, 'gone', 100)).toStrictEqual({
      text: 'a\ncynode: gone\n',
      truncated: true,
    });
  });

  it('takes room from a full stream and says that it was cut', () => {
    const output = appendReason({ text: '€'.repeat(20), truncated: false }, 'gone', 60);
    expect(output.truncated).toBe(true);
    expect(output.text.endsWith('€\ncynode: gone\n')).toBe(true);
    expect(bytes(output.text)).toBeLessThanOrEqual(60);
  });
});
