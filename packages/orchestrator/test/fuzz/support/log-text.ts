import type { MemoryLog } from '@cynodeai/testing';

const expand = (_key: string, value: unknown): unknown =>
  value instanceof Error
    ? { message: value.message, stack: value.stack, cause: value.cause }
    : value;

/** Every log line as text, errors with their stacks and causes. */
export function logText(log: MemoryLog): string {
  return log.lines.map((line) => JSON.stringify(line, expand)).join('\n');
}
