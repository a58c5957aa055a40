export * from './actions.ts';
export * from './fields.ts';
export * from './routes.ts';
export * from './task-status.ts';
