export * from './list.ts';
export * from './notes.ts';
export * from './output.ts';
export * from './progress.ts';
export * from './record.ts';
export * from './sanitize.ts';
export { type TextStream, writeNow, writeText } from './stream.ts';
