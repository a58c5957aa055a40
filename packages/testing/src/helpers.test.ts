import { stat } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { FakeClock, memoryLog, temporaryDirectory, waitFor } from './index.ts';
import { withDatabase } from './test-server.ts';

it('waits until the condition gives something, also when it throws at first', async () => {
  let looks = 0;
  const value = await waitFor(() => {
    looks += 1;
    if (looks === 1) throw new Error('not yet');
    return looks === 3 ? 'here' : undefined;
  });
  expect(value).toBe('here');
});

it('gives up waiting at the limit and keeps the last error', async () => {
  const waiting = waitFor(() => Promise.reject(new Error('down')), {
    within: 30,
    what: 'the server',
  });
  await expect(waiting).rejects.toMatchObject({
    message: 'the server did not hold within 30 ms',
    cause: { message: 'down' },
  });
});

it('moves a fake clock only when told to', () => {
  const clock = new FakeClock(new Date(1000));
  expect(clock.now()).toEqual(new Date(1000));
  clock.advance(-500);
  expect(clock.now()).toEqual(new Date(500));
  clock.set(new Date(7));
  expect(clock.now().getTime()).toBe(7);
  expect(new FakeClock().now().toISOString()).toBe('2026-01-01T00:00:00.000Z');
});

it('keeps the lines of a log and its children', () => {
  const log = memoryLog();
  log.debug('a');
  log.child({ task: 't' }).child({ job: 'j' }).warn('b', { count: 1 });
  expect(log.lines).toEqual([
    { level: 'debug', message: 'a', fields: {} },
    { level: 'warn', message: 'b', fields: { task: 't', job: 'j', count: 1 } },
  ]);
  expect(log.text()).toContain('"job":"j"');
});

it('removes a temporary folder at the end of its scope', async () => {
  let path: string;
  {
    await using folder = await temporaryDirectory();
    path = folder.path;
    expect((await stat(path)).mode & 0o777).toBe(0o700);
  }
  await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' });
});

it.each([
  ['postgresql://u:p@/old?host=/run/x&port=1', 'postgresql://u:p@/new?host=/run/x&port=1'],
  ['postgres://u:p@db:5432/old', 'postgres://u:p@db:5432/new'],
  ['postgres://u@db/', 'postgres://u@db/new'],
])('names another database of the same server in %s', (url, expected) => {
  expect(withDatabase(url, 'new')).toBe(expected);
});
