import type { Log, LogFields } from '@cynodeai/runtime/observe';

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: LogFields;
}

/** A log that keeps every line, to be read or searched for what must not be in it. */
export class RecordingLog implements Log {
  readonly lines: LogLine[] = [];

  debug(message: string, fields: LogFields = {}): void {
    this.lines.push({ level: 'debug', message, fields });
  }

  info(message: string, fields: LogFields = {}): void {
    this.lines.push({ level: 'info', message, fields });
  }

  warn(message: string, fields: LogFields = {}): void {
    this.lines.push({ level: 'warn', message, fields });
  }

  error(message: string, fields: LogFields = {}): void {
    this.lines.push({ level: 'error', message, fields });
  }

  child(): Log {
    return this;
  }

  /** Everything as text, error causes included. */
  text(): string {
    const plain = (_key: string, value: unknown): unknown =>
      value instanceof Error ? { message: value.message, stack: value.stack } : value;
    return this.lines.map((line) => JSON.stringify(line, plain)).join('\n');
  }
}
