import { expect, it } from 'vitest';
import { brokenAt, settled, steady, transcript } from './transcript.ts';

it('leaves nothing in a text that is another in each run', () => {
  const id = '0198c0de-0000-7000-8000-000000000001';
  const text = `task ${id} at 2026-11-20T10:00:00.000Z on 127.0.0.1:34567 by process 12 in /tmp/cy-x`;
  expect(steady(text, [['/tmp/cy-x', '~']])).toBe(
    'task <id> at <time> on 127.0.0.1:<port> by process <pid> in ~',
  );
});

it('keeps the addresses people know', () => {
  const text = 'http://localhost:8080 and http://127.0.0.1:11434, exit 12';
  expect(steady(text)).toBe(text);
});

it('shows what a terminal is left with', () => {
  const frames = '\r\u001B[K⠋ one\r\u001B[K⠙ one\r\u001B[K⠋ two\r\u001B[K';
  const shown = `a\r\n${frames}\u001B[31merror:\u001B[39m three\r\n`;
  expect(settled(shown)).toBe('a\n* one\n* two\nerror: three\n');
});

it('breaks a line where a terminal does', () => {
  expect(brokenAt(4, 'abcdefgh\nij\n\nklmno')).toBe('abcd\nefgh\nij\n\nklmn\no');
});

it('tells a run whole', () => {
  const terminals = [{ columns: 3, shown: 'four\r\n' }];
  expect(transcript({ command: 'x', code: 2, stdout: '', stderr: 'no\n', terminals })).toBe(
    '$ x\n(exit code 2)\n--- stderr\nno\n--- a terminal of 3 columns\nfou\nr\n',
  );
  expect(transcript({ command: 'x', code: 0, stdout: 'a', stderr: '' })).toContain(
    '--- stdout\na\n(no end of line)\n',
  );
});
