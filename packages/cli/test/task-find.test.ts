import { at, parseJson } from '@cynodeai/runtime/std';
import {
  type FakeGateway,
  alice,
  json,
  jobResult,
  result,
  task,
  taskId,
} from '@cynodeai/testing/doubles';
import { Child } from '@cynodeai/testing/harness';
import { describe, expect, it } from 'vitest';
import { type Home, executable } from './support/cynork.ts';
import { eachTest } from './support/each-test.ts';
import { type Ran, runInProcess } from './support/run-in-process.ts';

let gateway: FakeGateway;
let home: Home;

eachTest((place) => ({ gateway, home } = place));

const cynork = (...args: readonly string[]): Promise<Ran> => runInProcess(home, args);

const namesOf = ({ stdout }: Ran): string[] =>
  [...stdout.matchAll(/task_name=(\S+)/g)].map(([, name = '']) => name);

/** The query of the last list. */
const asked = (): URLSearchParams =>
  new URL(gateway.requests.at(-1)?.url ?? '', gateway.url).searchParams;

describe('finding tasks', () => {
  it('passes every filter on, times as moments', async () => {
    const filters = ['--name', 'n', '--search', 'a b', '--owner', 'me', '--node', 'x'];
    const more = ['--sort', 'oldest', '--since', '2026-11-01', '--until', '2026-11-02T03:04+02:00'];
    expect((await cynork('task', 'list', ...filters, ...more)).code).toBe(0);
    expect(Object.fromEntries(asked())).toEqual({
      name: 'n',
      q: 'a b',
      owner: 'me',
      node: 'x',
      sort: 'oldest',
      since: '2026-11-01T00:00:00.000Z',
      until: '2026-11-02T01:04:00.000Z',
      limit: '50',
    });
  });

  it.each([
    ['2h', 7_200_000],
    ['1d12h', 129_600_000],
    ['0s', 0],
  ])('takes how long ago it was: %s', async (text, ms) => {
    const before = Date.now();
    await cynork('task', 'list', '--since', text);
    const since = new Date(asked().get('since') ?? '').getTime() + ms;
    expect(since).toBeGreaterThanOrEqual(before);
    expect(since).toBeLessThanOrEqual(Date.now());
  });

  it.each([
    ['--since', 'yesterday'],
    ['--until', '5'],
    ['--since', '2026-13-01'],
    ['--since', '2026-02-30'],
    ['--until', '2025-02-29T08:00:00Z'],
    ['--until', '2026-04-31T23:59:59+02:00'],
    ['--since', '2026-00-10'],
    ['--since', '2026-01-00'],
    ['--since', '2026-11-02T03:04'],
    ['--since', ''],
    ['--since', '1h', '--until', '2h'],
    ['--sort', 'name'],
  ])('%j is exit 2, and nothing is asked', async (...flags) => {
    expect(await cynork('task', 'list', ...flags)).toMatchObject({ code: 2, stdout: '' });
    expect(gateway.requests).toEqual([]);
  });

  it('--all goes through every page, also one that is short, as records and as one value', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) gateway.addTask({ task_name: name });
    const all = await cynork('task', 'list', '--all', '-l', '2');
    expect(namesOf(all)).toEqual(['e', 'd', 'c', 'b', 'a']);
    expect(all.stderr).toBe('');
    expect(gateway.of('GET /v1/tasks')).toHaveLength(3);
    const value = await cynork(
      'task',
      'list',
      '--all',
      '-o',
      'json',
      '--sort',
      'oldest',
      '-l',
      '2',
    );
    const parsed = parseJson(value.stdout) as { tasks: { task_name: string }[] };
    expect(parsed.tasks.map((one) => one.task_name)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(value.stdout).toContain('"next_cursor": ""');
  });

  it('--all asks for no more pages once nobody reads them', async () => {
    let pages = 0;
    gateway.on('GET /v1/tasks', (request, response) => {
      pages += 1;
      return json(200, { tasks: [task('queued')], next_cursor: `page-${pages}` })(
        request,
        response,
      );
    });
    const line = '"$0" task list --all | head -n 1; echo done';
    const run = new Child('/bin/sh', ['-c', line, executable], {
      env: home.env({ CYNORK_TOKEN: alice.token }),
    });
    expect((await run.outcome).stdout).toMatch(/^task_id=.*\ndone\n$/);
  });

  it('--all ends with a gateway that gives one cursor for ever', async () => {
    gateway.on('GET /v1/tasks', json(200, { tasks: [task('queued')], next_cursor: 'same' }));
    expect((await cynork('task', 'list', '--all')).code).toBe(0);
    expect(gateway.requests).toHaveLength(2);
  });
});

describe('how a task ended', () => {
  const failure = (extra: object = {}): object =>
    jobResult('', 'first\nno such file \n\n', { status: 'failed', exit_code: 7, ...extra });
  const error = {
    status: 'failed',
    error_type: 'not_started',
    error_message: 'no node has the image',
    stdout: '',
    stderr: '',
  };

  const ends = [
    ['completed', jobResult('out'), 0, undefined],
    ['failed', failure(), 7, 'the job ended with exit code 7; it said last: no such file'],
    ['failed', failure({ stderr: '' }), 7, 'the job ended with exit code 7'],
    ['failed', failure({ status: 'timeout' }), 124, 'the job ran out of time and was stopped'],
    ['failed', error, 125, 'no node has the image'],
    ['failed', undefined, 125, 'the task ended without a result'],
    ['failed', failure({ exit_code: 0 }), 1, expect.stringContaining('exit code 0')],
    ['failed', failure({ exit_code: 300 }), 1, expect.stringContaining('exit code 300')],
    ['canceled', failure({ exit_code: 143 }), 130, undefined],
    ['superseded', undefined, 130, undefined],
    ['running', undefined, 75, undefined],
    ['queued', undefined, 75, undefined],
  ] as const;

  it.each(ends)(
    '%s with %j is exit %i with --exit-status, and its why is shown',
    async (...end) => {
      const [status, job, code, reason] = end;
      const jobs = [{ id: taskId, status: 'completed', ...(job && { result: job }) }];
      gateway.on(`GET /v1/tasks/${taskId}`, json(200, task(status)));
      gateway.on(`GET /v1/tasks/${taskId}/result`, json(200, result(status, { jobs })));
      for (const words of [['get'], ['result'], ...(code === 75 ? [] : [['watch']])]) {
        const plain = await cynork('task', ...words, taskId);
        expect([words, plain.code]).toEqual([words, 0]);
        const told = await cynork('task', ...words, taskId, '--exit-status');
        expect([words, told.code]).toEqual([words, code]);
        expect(told.stdout).toBe(plain.stdout);
      }
      const shown = await cynork('task', 'get', taskId, '-o', 'json');
      expect(at(parseJson(shown.stdout), 'reason')).toEqual(reason);
    },
  );

  it('a gateway that does not say why costs the why alone', async () => {
    gateway.on(`GET /v1/tasks/${taskId}`, json(200, task('failed')));
    gateway.on(`GET /v1/tasks/${taskId}/result`, json(404, {}));
    expect(await cynork('task', 'get', taskId)).toMatchObject({ code: 0, stderr: '' });
    expect((await cynork('task', 'get', taskId, '--exit-status')).code).toBe(4);
  });

  it('create ends with it once the result is there, and needs it', async () => {
    gateway.tasks.onCreated = (made) => made.end({ exit_code: 9 });
    const words = ['task', 'create', '--command', 'exit 9', '--exit-status'];
    expect((await cynork(...words, '--result')).code).toBe(9);
    expect((await cynork('task', 'create', '--command', 'exit 9', '--result')).code).toBe(0);
    expect((await cynork(...words)).code).toBe(2);
    expect(gateway.tasks.all.map(({ facts }) => facts.ownerId)).toEqual([alice.id, alice.id]);
  });
});
