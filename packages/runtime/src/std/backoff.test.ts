import { describe, expect, it } from 'vitest';
import { assertNever } from './assert-never.ts';
import { backoffMs } from './backoff.ts';
import { systemClock } from './clock.ts';
import { CodedError, messageOf } from './coded-error.ts';

describe('backoffMs', () => {
  const options = { firstMs: 1000, maxMs: 30_000, jitter: 0.2 };

  it('doubles up to the limit and spreads by the jitter', () => {
    expect([1, 2, 3, 6, 20].map((attempt) => backoffMs(attempt, 0.5, options))).toEqual([
      1000, 2000, 4000, 30_000, 30_000,
    ]);
    expect(backoffMs(1, 0, options)).toBe(800);
    expect(backoffMs(1, 1, options)).toBe(1200);
  });
});

describe('errors', () => {
  it('carry their code and cause', () => {
    const cause = new Error('why');
    const error = new CodedError('some_code', 'what', { cause });
    expect([error.code, error.message, error.cause, error.name]).toEqual([
      'some_code',
      'what',
      cause,
      'CodedError',
    ]);
    expect(messageOf(error)).toBe('what');
    expect(messageOf('text')).toBe('text');
    expect(() => assertNever('x' as never)).toThrow(TypeError);
    expect(systemClock.now()).toBeInstanceOf(Date);
  });
});
