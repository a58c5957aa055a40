import { fstatSync } from 'node:fs';
import { readEnv } from '../config/env.ts';

/** Priorities of syslog, by the levels of a log line. */
const priorities: Readonly<Record<string, number>> = { debug: 7, info: 6, warn: 4, error: 3 };

/** A line with the priority that the journal of systemd reads off its beginning and leaves out. */
export function withPriority(line: string): string {
  const level = /^\{"level":"(\w+)"/.exec(line)?.[1] ?? '';
  const priority = priorities[level];
  return priority === undefined ? line : `<${priority}>${line}`;
}

/** Whether a descriptor is a stream to the journal, by what systemd says in JOURNAL_STREAM: device and inode. */
export function isJournal(descriptor: number, stream = readEnv()['JOURNAL_STREAM']): boolean {
  if (stream === undefined) return false;
  try {
    const { dev, ino } = fstatSync(descriptor, { bigint: true });
    return stream === `${dev}:${ino}`;
  } catch {
    return false;
  }
}
