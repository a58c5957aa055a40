export * from './auth.ts';
export * from './routes.ts';
export * from './settings.ts';
export * from './task-events.ts';
export * from './tasks.ts';
export * from './users.ts';
