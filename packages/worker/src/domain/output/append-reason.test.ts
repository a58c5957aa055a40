import { describe, expect, it } from 'vitest';
import { limits } from '@cynodeai/contracts/common';
import { appendReason, appendReasonBytes } from './append-reason.ts';

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

describe('the reason of the node behind a stream that is no text', () => {
  const base64 = (...parts: (number[] | string)[]): string =>
    Buffer.concat(
      parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))),
    ).toString('base64');

  it('comes last, and takes away none of what the job wrote', () => {
    expect(appendReasonBytes({ head: base64([255]) }, 'gone')).toEqual({
      head: base64([255], '\ncynode: gone\n'),
    });
    const full = Buffer.alloc(limits.outputStreamBytes, 10).toString('base64');
    expect(appendReasonBytes({ head: full }, 'gone')).toEqual({
      head: full,
      tail: { omitted_bytes: 0, bytes: base64('cynode: gone\n') },
    });
    const tail = { omitted_bytes: 5, bytes: base64([255]) };
    expect(appendReasonBytes({ head: base64([0]), tail }, 'gone')).toEqual({
      head: base64([0]),
      tail: { omitted_bytes: 5, bytes: base64([255], '\ncynode: gone\n') },
    });
  });

  it('takes the place of the oldest bytes of an end that is full, which are counted', () => {
    const bytes = Buffer.alloc(limits.outputTailBytes, 10).toString('base64');
    const { tail } = appendReasonBytes({ head: '', tail: { omitted_bytes: 5, bytes } }, 'gone');
    expect(tail?.omitted_bytes).toBe(5 + 'cynode: gone\n'.length);
    expect(Buffer.from(tail?.bytes ?? '', 'base64')).toHaveLength(limits.outputTailBytes);
  });
});
