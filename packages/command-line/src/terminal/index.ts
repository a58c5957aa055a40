export type { InputStream } from './byte-source.ts';
export * from './read-password.ts';
export * from './terminal.ts';
