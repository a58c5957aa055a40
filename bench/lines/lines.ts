import type { Effort, Outcome } from '../harness/line.ts';
import type { BenchInstall } from '../support/install.ts';
import { measureChain } from './chain.ts';
import { measureDispatch } from './dispatch.ts';
import { measureMemory } from './memory.ts';
import { measureSpawnDelay } from './spawn-delay.ts';
import { measureCynork, measureRun, measureUp } from './start.ts';

/** Something to measure on an install that other lines use too. */
export interface Line {
  readonly name: string;
  readonly title: string;
  readonly measure: (install: BenchInstall, effort: Effort) => Promise<Outcome>;
}

/** Every line in the order in which they are measured. */
export const lines: readonly Line[] = [
  { name: 'chain', title: 'POST of a task to its result', measure: measureChain },
  { name: 'run', title: 'warm `cynode run`', measure: measureRun },
  { name: 'cynork', title: 'start of cynork', measure: measureCynork },
  { name: 'memory', title: 'memory of an idle stack', measure: measureMemory },
  { name: 'dispatch', title: 'jobs a second with a no-op node', measure: measureDispatch },
  { name: 'spawn', title: '201 to engine process spawned', measure: measureSpawnDelay },
  { name: 'up', title: '`cynode up` to ready for jobs', measure: measureUp },
];
