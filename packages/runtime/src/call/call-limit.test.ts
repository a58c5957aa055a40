import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { deadline, piecesOf, stallLimit } from './call-limit.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe('stallLimit', () => {
  it('starts anew with every byte and ends a call that stands still', () => {
    using limit = stallLimit(1000);
    vi.advanceTimersByTime(900);
    limit.progress();
    vi.advanceTimersByTime(900);
    expect(limit.signal.aborted).toBe(false);
    vi.advanceTimersByTime(101);
    expect(limit.signal.aborted).toBe(true);
  });

  it('is over with its call', () => {
    const limit = stallLimit(1000);
    limit[Symbol.dispose]();
    vi.advanceTimersByTime(5000);
    expect(limit.signal.aborted).toBe(false);
  });
});

describe('piecesOf', () => {
  it('gives all bytes in order and notes progress for each piece', async () => {
    const bytes = Buffer.from(Array.from({ length: 150_000 }, (_, index) => index % 251));
    using plain = deadline(1000);
    let steps = 0;
    const limit = { ...plain, progress: () => void (steps += 1) };
    const pieces: Buffer[] = [];
    for await (const piece of piecesOf(bytes, limit)) pieces.push(piece);
    expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
    expect([pieces.length, steps]).toEqual([3, 3]);
  });
});
