export * from './pack-files.ts';
export * from './unpack-files.ts';
