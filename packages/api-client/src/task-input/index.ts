export { readCheckedText } from './checked-file.ts';
export * from './read-task-input.ts';
export * from './task-input-error.ts';
export * from './task-input-flags.ts';
export * from './task-timeout.ts';
