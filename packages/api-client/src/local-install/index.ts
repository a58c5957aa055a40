export * from './find-local-install.ts';
export * from './local-place.ts';
