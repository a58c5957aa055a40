export * from './graph-state.ts';
export * from './plan.ts';
export * from './routes.ts';
