export * from './run-as-process.ts';
export * from './stop-signal.ts';
