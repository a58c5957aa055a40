export * from './inference.ts';
export * from './input-files.ts';
export * from './job-ref.ts';
export * from './jobs.ts';
export * from './meta.ts';
export * from './routes.ts';
export * from './stops.ts';
export * from './workspaces.ts';
