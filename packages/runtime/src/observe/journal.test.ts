import { closeSync, fstatSync, openSync } from 'node:fs';
import { expect, it } from 'vitest';
import { isJournal, withPriority } from './journal.ts';

it.each([
  ['debug', 7],
  ['info', 6],
  ['warn', 4],
  ['error', 3],
])('a line of level %s has priority %i in the journal', (level, priority) => {
  const line = `{"level":"${level}","msg":"{\\"level\\":\\"error\\"}"}\n`;
  expect(withPriority(line)).toBe(`<${priority}>${line}`);
});

it.each(['{"level":"odd"}', 'plain text', '', '{"msg":"x","level":"error"}'])(
  'a line whose level is not known stays: %j',
  (line) => {
    expect(withPriority(line)).toBe(line);
  },
);

it('a descriptor is the journal only when it is the very stream that was named', () => {
  const file = openSync('/dev/null', 'w');
  try {
    const { dev, ino } = fstatSync(file);
    expect(isJournal(file, `${dev}:${ino}`)).toBe(true);
    expect(isJournal(file, `${dev}:${ino + 1}`)).toBe(false);
    expect(isJournal(file, undefined)).toBe(false);
    expect(isJournal(file, '')).toBe(false);
  } finally {
    closeSync(file);
  }
  expect(isJournal(999_999, '1:2')).toBe(false);
});
