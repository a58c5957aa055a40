export * from './env.ts';
export * from './fields.ts';
export * from './secret.ts';
export * from './variables.ts';
