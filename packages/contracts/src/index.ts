export * from './common/index.ts';
export * from './control-plane/index.ts';
export * from './gateway/index.ts';
export * from './worker-api/index.ts';
export * from './model-wire/index.ts';
