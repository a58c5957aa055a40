export * from './input-file.ts';
export * from './run-job.ts';
export * from './routes.ts';
export * from './stop-job.ts';
export * from './inference.ts';
