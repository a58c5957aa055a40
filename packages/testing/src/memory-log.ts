import type { Log, LogFields } from '@cynodeai/runtime/observe';

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: LogFields;
}

/** A log that keeps its lines, also those of its children. */
export interface MemoryLog extends Log {
  readonly lines: readonly LogLine[];
  /** Every line as JSON, to look for what must not be in there. */
  text(): string;
}

/** A log for tests. */
export function memoryLog(): MemoryLog {
  const lines: LogLine[] = [];
  const write =
    (base: LogFields, level: LogLine['level']) =>
    (message: string, fields: LogFields = {}): void => {
      lines.push({ level, message, fields: { ...base, ...fields } });
    };
  const create = (base: LogFields): Log => ({
    debug: write(base, 'debug'),
    info: write(base, 'info'),
    warn: write(base, 'warn'),
    error: write(base, 'error'),
    child: (fields) => create({ ...base, ...fields }),
  });
  return {
    ...create({}),
    lines,
    text: () => lines.map((line) => JSON.stringify(line)).join('\n'),
  };
}
