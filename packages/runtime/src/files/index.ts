export * from './atomic-write.ts';
export * from './disk-use.ts';
export * from './exists.ts';
export * from './lock.ts';
export * from './sync-file-system.ts';
export * from './file-pieces.ts';
