export * from './format.ts';
export * from './range-check.ts';
export * from './seal.ts';
export * from './verify-log.ts';
export * from './write-export.ts';
