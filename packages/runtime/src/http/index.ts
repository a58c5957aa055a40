export * from './bind-route.ts';
export * from './client.ts';
export * from './health.ts';
export * from './openapi.ts';
export * from './problem-error.ts';
export * from './server.ts';
export * from './validation.ts';
