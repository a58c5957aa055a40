import { describe, expect, it } from 'vitest';
import { readinessCheck } from './check-readiness.ts';

const never = (_ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve()));

describe('the readiness check', () => {
  it('looks once for calls at the same time and anew for the next', async () => {
    let looks = 0;
    const check = readinessCheck({
      probe: {
        facts: async () => {
          looks += 1;
          return {
            database: 'current',
            bootstrapError: undefined,
            nodes: [],
            pmModel: { selection: undefined, availability: undefined },
          };
        },
      },
      sleep: never,
    });
    const [first, second] = await Promise.all([check(), check()]);
    expect(first).toBe(second);
    expect(first[0]?.code).toBe('no_inference_path');
    await check();
    expect(looks).toBe(2);
  });

  it('takes a database that fails or does not answer in time for unavailable', async () => {
    const failing = readinessCheck({
      probe: { facts: () => Promise.reject(new Error('refused')) },
      sleep: never,
    });
    expect((await failing())[0]?.code).toBe('database_unavailable');
    const waits: number[] = [];
    const hanging = readinessCheck({
      probe: { facts: () => new Promise(() => {}) },
      sleep: async (ms) => void waits.push(ms),
    });
    expect((await hanging())[0]?.code).toBe('database_unavailable');
    expect(waits[0]).toBeLessThan(2000);
  });
});
