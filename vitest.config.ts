import process from 'node:process';
import { defineConfig } from 'vitest/config';

const unit = [
  'packages/*/src/**/*.test.ts',
  'scripts/**/*.test.ts',
  'chaos/**/*.test.ts',
  'bench/**/*.test.ts',
];

/** They need what only root has: a Docker daemon, or control groups. */
const rootOnly = [
  'packages/worker/test/node/retry-safety.test.ts',
  'packages/worker/test/engine/docker-faults.test.ts',
  // Only root's engine keeps jobs apart by users and control groups.
  'packages/worker/test/engine/neighbours.test.ts',
];

export default defineConfig({
  test: {
    coverage: {
      provider: 'v8',
      include: ['packages/*/src/**/*.ts'],
      exclude: ['**/*.test.ts', 'packages/testing/**'],
      // Only code that runs inside the test process is counted; entries and commands are driven as processes of their own.
      thresholds: {
        lines: 80,
        'packages/contracts/src/**': { lines: 95, branches: 95 },
        'packages/*/src/domain/**': { lines: 95, branches: 95 },
        'packages/*/src/app/**': { lines: 95, branches: 90 },
        'packages/*/src/adapters/**': { lines: 90, branches: 80 },
        'packages/api-client/src/**': { lines: 90, branches: 85 },
        'packages/runtime/src/http/**': { lines: 90, branches: 85 },
        'packages/launcher/src/postgres/**': { lines: 90, branches: 85 },
      },
      reportOnFailure: true,
      reporter: ['text-summary', 'json-summary'],
      reportsDirectory: '.cynode/reports/coverage',
    },
    projects: [
      // They leave nothing behind in their process, so files share one: most of their time went into importing the same
      // modules again. One worker for each core: Vitest would leave one core to itself.
      {
        test: {
          name: 'unit',
          include: unit,
          testTimeout: 60_000,
          isolate: false,
          maxWorkers: '100%',
        },
      },
      {
        test: {
          name: 'integration',
          include: ['packages/*/test/**/*.test.ts'],
          exclude: process.getuid?.() === 0 ? [] : rootOnly,
          globalSetup: ['packages/testing/src/global-setup.ts'],
          testTimeout: 180_000,
          hookTimeout: 300_000,
          // One more than the cores of a small machine: most of these tests wait for processes and containers.
          maxWorkers: 3,
          // Behind the unit tests, which run in as many processes as there are cores.
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
