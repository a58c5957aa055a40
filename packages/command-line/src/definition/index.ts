export * from './definition.ts';
export * from './flag.ts';
