export * from './read-task-input.ts';
export * from './task-input-error.ts';
