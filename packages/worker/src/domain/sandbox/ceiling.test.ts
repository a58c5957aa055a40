import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sandboxCeiling } from './ceiling.ts';

it('leaves the machine a fifth of its memory, 512 MiB at least, and half of its processes', () => {
  const wish = { maxConcurrency: 4 };
  expect(sandboxCeiling({ memoryMb: 16_000, maxProcesses: 32_768 }, wish)).toStrictEqual({
    memoryMb: 12_800,
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
