import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';
import { isJournal, withPriority } from './journal.ts';
import type { Log, LogFields } from './log.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface LogOptions {
  /** Role that writes, field `service` of every line. */
  readonly service: string;
  readonly level?: LogLevel;
  /** Where lines go; standard output when absent. */
  readonly destination?: DestinationStream;
}

function wrap(logger: Logger): Log {
  return {
    debug: (message, fields) => logger.debug(fields ?? {}, message),
    info: (message, fields) => logger.info(fields ?? {}, message),
    warn: (message, fields) => logger.warn(fields ?? {}, message),
    error: (message, fields) => logger.error(fields ?? {}, message),
    child: (fields: LogFields) => wrap(logger.child(fields)),
  };
}

/** A log of JSON lines with `level` as a word and RFC 3339 times. */
export function createLog(options: LogOptions): Log {
  const settings = {
    level: options.level ?? 'info',
    base: { service: options.service },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    ...(isJournal(1) && { hooks: { streamWrite: withPriority } }),
  };
  return wrap(
    options.destination === undefined ? pino(settings) : pino(settings, options.destination),
  );
}
