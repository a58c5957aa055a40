import { describe, expect, it } from 'vitest';
import { within } from './within.ts';

describe('work within a limit', () => {
  it('gives what came of it, and something else where it takes longer', async () => {
    expect(await within(60_000, Promise.resolve('done'), 'late')).toBe('done');
    expect(await within(1, new Promise(() => {}), 'late')).toBe('late');
    await expect(within(60_000, Promise.reject(new Error('no')), 'late')).rejects.toThrow('no');
  });
});
