export * from './disk-metrics.ts';
export * from './histogram.ts';
export * from './log.ts';
export * from './metrics.ts';
export * from './pino-log.ts';
export * from './process-metrics.ts';
