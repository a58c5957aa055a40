import { uuidSchema, ulidSchema } from '@cynodeai/contracts/common';
import { describe, expect, it } from 'vitest';
import { nextUlid } from './ulid.ts';
import { uuidv7 } from './uuid.ts';

describe('uuidv7', () => {
  it('is a valid, time-ordered uuid of version 7', () => {
    const ids = [1, 2, 2 ** 41, 2 ** 47].map((now) => uuidv7(now));
    for (const id of ids) {
      expect(uuidSchema.safeParse(id).success).toBe(true);
      expect(id[14]).toBe('7');
      expect('89ab').toContain(id[19]);
    }
    expect(ids.toSorted()).toEqual(ids);
    expect(Number.parseInt(uuidv7(1_700_000_000_123).replaceAll('-', '').slice(0, 12), 16)).toBe(
      1_700_000_000_123,
    );
  });
});

describe('nextUlid', () => {
  it('grows strictly inside one millisecond and after the clock stepped back', () => {
    const now = 1_700_000_000_000;
    let last: string | undefined;
    for (let index = 0; index < 1000; index += 1) {
      const next = nextUlid(now - index, last);
      expect(ulidSchema.safeParse(next).success).toBe(true);
      if (last !== undefined) expect(next > last).toBe(true);
      last = next;
    }
  });
});
