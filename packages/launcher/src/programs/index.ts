export * from './start-file.ts';
export * from './table.ts';
