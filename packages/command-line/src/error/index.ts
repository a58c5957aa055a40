export * from './command-error.ts';
