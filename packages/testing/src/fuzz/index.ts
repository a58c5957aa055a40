export type { JsonSchema } from './field-tree.ts';
export { secretCanary, textCanary } from './canaries.ts';
export type { FuzzTarget, Sample } from './fuzz-case.ts';
export { type FuzzOptions, type FuzzReport, fuzzServer } from './fuzz-server.ts';
export { type FuzzRun, fuzzRun } from './fuzz-run.ts';
