export * from './env.ts';
export * from './fields.ts';
export * from './secret.ts';
