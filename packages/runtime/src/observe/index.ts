export * from './log.ts';
export * from './pino-log.ts';
