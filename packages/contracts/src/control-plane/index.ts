export * from './bootstrap.ts';
export * from './capability.ts';
export * from './config-ack.ts';
export * from './config.ts';
export * from './identity.ts';
export * from './join.ts';
export * from './routes.ts';
