import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sandboxCeiling } from './ceiling.ts';

it('leaves the machine a fifth of its memory, 512 MiB at least, and half of its processes', () => {
  const wish = { maxConcurrency: 4 };
  expect(sandboxCeiling({ memoryMb: 16_000, maxProcesses: 32_768 }, wish)).toStrictEqual({
    memoryMb: 12_800,
    memoryMbPerJob: 5120,
    processes: 16_384,
    processesPerJob: 3276,
  });
  const small = { memoryMb: 1024, maxProcesses: 4096 };
  expect(sandboxCeiling(small, wish).memoryMb).toBe(512);
});

it('takes what the operator says', () => {
  const wish = { memoryMb: 100, processes: 500, maxConcurrency: 1 };
  expect(sandboxCeiling({ memoryMb: 16_000, maxProcesses: 32_768 }, wish)).toStrictEqual({
    memoryMb: 100,
    memoryMbPerJob: 100,
    processes: 500,
    processesPerJob: 250,
  });
});

it('lets no number of jobs take the share of the last one', () => {
  fc.assert(
    fc.property(fc.nat(512), fc.integer({ min: 4096, max: 4_194_304 }), (more, maxProcesses) => {
      const maxConcurrency = Math.min(more + 1, Math.floor(maxProcesses / 128));
      const machine = { memoryMb: 8000, maxProcesses };
      const { processes, processesPerJob } = sandboxCeiling(machine, { maxConcurrency });
      expect(processesPerJob * (maxConcurrency + 1)).toBeLessThanOrEqual(processes);
    }),
  );
});

it('gives a job alone all the memory, and leaves of two that take all they get something to a third', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 64 }),
      fc.integer({ min: 4096, max: 1_000_000 }),
      (maxConcurrency, memoryMb) => {
        const machine = { memoryMb: 8000, maxProcesses: 32_768 };
        const { memoryMbPerJob } = sandboxCeiling(machine, { maxConcurrency, memoryMb });
        if (maxConcurrency === 1) expect(memoryMbPerJob).toBe(memoryMb);
        else expect(memoryMbPerJob).toBeLessThan(memoryMb);
        if (maxConcurrency > 3) expect(2 * memoryMbPerJob).toBeLessThan(memoryMb);
      },
    ),
  );
});
