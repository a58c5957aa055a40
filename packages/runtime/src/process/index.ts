export * from './is-alive.ts';
export * from './run-command.ts';
