import { describe, expect, it } from 'vitest';
import { decideRate } from './rate-window.ts';

const at = new Date(100_000);

describe('the rate window', () => {
  it('lets as many attempts through as allowed (REQ-IDENTY-0116)', () => {
    expect(decideRate({ count: 1, decisiveAt: undefined }, 3, at)).toEqual({ allowed: true });
    expect(decideRate({ count: 3, decisiveAt: new Date(50_000) }, 3, at)).toEqual({
      allowed: true,
    });
  });

  it('refuses until the decisive attempt is a minute old', () => {
    const decisiveAt = new Date(50_000);
    expect(decideRate({ count: 4, decisiveAt }, 3, at)).toEqual({ allowed: false, waitMs: 10_000 });
    expect(decideRate({ count: 5, decisiveAt: new Date(0) }, 3, at)).toMatchObject({ waitMs: 1 });
  });
});
