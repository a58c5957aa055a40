import { type Logger, pino, stdTimeFunctions } from 'pino';
import { isJournal, withPriority } from './journal.ts';
import { LineWriter } from './line-writer.ts';
import type { Log, LogFields } from './log.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface LogOptions {
  /** Role that writes, field `service` of every line. */
  readonly service: string;
  readonly level?: LogLevel;
  /** Descriptor to which lines go; 1, standard output, when absent. */
  readonly descriptor?: number;
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

/**
 * A log of JSON lines with `level` as a word and RFC 3339 times. It never throws: a line that cannot be written is
 * counted, and the next one that can be says how many there were.
 */
export function createLog(options: LogOptions): Log {
  const { service, level = 'info', descriptor = 1 } = options;
  const toJournal = isJournal(descriptor);
  const settings = {
    level,
    base: { service },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    ...(toJournal && { hooks: { streamWrite: withPriority } }),
  };
  const lostLine = (lost: number, reason: string): string => {
    const line = JSON.stringify({
      level: 'warn',
      time: new Date().toISOString(),
      service,
      lost,
      reason,
      msg: 'log lines could not be written and are lost',
    });
    return toJournal ? withPriority(line) : line;
  };
  return wrap(pino(settings, new LineWriter({ descriptor, lostLine })));
}
