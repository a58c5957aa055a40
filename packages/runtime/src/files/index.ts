export * from './atomic-write.ts';
export * from './lock.ts';
