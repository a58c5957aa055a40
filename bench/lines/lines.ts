import type { Effort, Outcome } from '../harness/line.ts';
import type { BenchInstall } from '../support/install.ts';
import { measureChain } from './chain.ts';

/** Something to measure on an install that other lines use too. */
export interface Line {
  readonly name: string;
  readonly title: string;
  readonly measure: (install: BenchInstall, effort: Effort) => Promise<Outcome>;
}

/** Every line in the order in which they are measured. */
export const lines: readonly Line[] = [
  { name: 'chain', title: 'POST of a task to its result', measure: measureChain },
];
