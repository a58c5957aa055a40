export * from './run-command.ts';
