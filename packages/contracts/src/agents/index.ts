export * from './asked.ts';
export * from './graph-state.ts';
export * from './messages.ts';
export * from './plan.ts';
export * from './routes.ts';
