export * from './health.ts';
export * from './limits.ts';
export * from './model-availability.ts';
export * from './ports.ts';
export * from './primitives.ts';
export * from './problem.ts';
export * from './route.ts';
export * from './run-job-result.ts';
