export * from './list.ts';
export * from './notes.ts';
export * from './output.ts';
export * from './progress.ts';
export * from './record.ts';
export * from './rows.ts';
export * from './sanitize.ts';
export * from './span.ts';
export { type TextStream, writeNow, writeText } from './stream.ts';
