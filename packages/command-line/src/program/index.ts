export * from './parse-command-line.ts';
export * from './run-program.ts';
