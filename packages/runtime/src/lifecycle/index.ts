export * from './main.ts';
export * from './release-start-memory.ts';
export * from './shutdown.ts';
export * from './sleep.ts';
export * from './within.ts';
