export * from './main.ts';
export * from './shutdown.ts';
export * from './sleep.ts';
