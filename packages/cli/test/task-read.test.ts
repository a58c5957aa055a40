import { parseJson } from '@cynodeai/runtime/std';
import {
  type FakeGateway,
  alice,
  events,
  inTurn,
  jobId,
  jobResult,
  json,
  logEvent,
  logs,
  problem,
  result,
  statusEvent,
  task,
  taskId,
} from '@cynodeai/testing/doubles';
import type { Outcome } from '@cynodeai/testing/harness';
import { once } from 'node:events';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Home } from './support/cynork.ts';
import { eachTest } from './support/each-test.ts';

const env = { CYNORK_TOKEN: alice.token };
const resultPath = `GET /v1/tasks/${taskId}/result`;
const logsPath = `GET /v1/tasks/${taskId}/logs`;
const eventsPath = `GET /v1/tasks/${taskId}/events`;
let gateway: FakeGateway;
let home: Home;

eachTest((place) => ({ gateway, home } = place));

const cynork = (...args: string[]): Promise<Outcome> => home.run(args, { env });

describe('task list and get', () => {
  it('prints one record a task, the cursor as a note, and passes the query on', async () => {
    gateway.on(
      'GET /v1/tasks',
      json(200, {
        tasks: [task('running'), { task_id: 'x', status: 'queued' }],
        next_cursor: 'a=b',
      }),
    );
    const outcome = await cynork(
      'task',
      'list',
      '--status',
      'running',
      '-l',
      '2',
      '--cursor',
      'q&/',
    );
    expect(outcome).toMatchObject({
      code: 0,
      stdout: `task_id=${taskId} status=running task_name=say-hello\ntask_id=x status=queued\n`,
      stderr: 'next_cursor=a=b\n',
    });
    expect(gateway.requests[0]?.url).toBe('/v1/tasks?status=running&limit=2&cursor=q%26%2F');
    expect((await cynork('task', 'list', '-q')).stderr).toBe('');
    const asJson = await cynork('task', 'list', '-o', 'json');
    expect(asJson.stderr).toBe('');
    expect(parseJson(asJson.stdout)).toMatchObject({
      tasks: [{ task_id: taskId, status: 'running' }, { task_id: 'x' }],
      next_cursor: 'a=b',
    });
  });

  it('the cursor of a page gives the next one', async () => {
    for (const task_name of ['first', 'second', 'third']) gateway.addTask({ task_name });
    const page = await cynork('task', 'list', '-l', '2');
    const cursor = /^next_cursor=(\S+)\n$/.exec(page.stderr)?.[1] ?? '';
    const rest = await cynork('task', 'list', '-l', '2', '--cursor', cursor);
    const names = [...`${page.stdout}${rest.stdout}`.matchAll(/task_name=(\S+)/g)];
    expect(names.map(([, name]) => name)).toEqual(['third', 'second', 'first']);
    expect([page.code, rest.code, rest.stderr]).toEqual([0, 0, '']);
  });

  it.each([[{ tasks: [] }], [{ tasks: [], next_cursor: null }], [{ tasks: [], next_cursor: '' }]])(
    'an empty last page %j has an empty cursor in JSON and no line in a table',
    async (page) => {
      gateway.on('GET /v1/tasks', json(200, page));
      expect(await cynork('task', 'list')).toMatchObject({ code: 0, stdout: '', stderr: '' });
      const { stdout } = await cynork('task', 'list', '-o', 'json');
      expect(parseJson(stdout)).toEqual({ tasks: [], next_cursor: '' });
    },
  );

  it('get takes a name as given, percent-encoded', async () => {
    gateway.on('GET /v1/tasks/a%2F..%20%3F', json(200, task('queued')));
    expect((await cynork('task', 'get', 'a/.. ?')).stdout).toBe(
      `task_id=${taskId} status=queued task_name=say-hello\n`,
    );
    const { stdout } = await cynork('task', 'get', 'a/.. ?', '-o', 'json');
    expect(stdout.endsWith('}\n')).toBe(true);
    expect(parseJson(stdout)).toMatchObject({ task_id: taskId, status: 'queued' });
  });

  it('get says what a task waits for, as one value of its line', async () => {
    const waiting_text = 'node a answered 503: no namespace (2 of 10 times)';
    const waits = { waiting_reason: 'not_taken', waiting_text };
    gateway.on(`GET /v1/tasks/${taskId}`, json(200, task('running', waits)));
    const outcome = await cynork('task', 'get', taskId);
    expect(outcome.stdout).toBe(
      `task_id=${taskId} status=running task_name=say-hello waiting_reason=not_taken waiting_text="${waiting_text}"\n`,
    );
  });

  it('a name of dots stays one segment', async () => {
    expect((await cynork('task', 'get', '..')).code).toBe(4);
    expect(gateway.requests[0]?.url).toBe('/v1/tasks/%2E%2E');
  });
});

describe('task result (REQ-CLIENT-0143, REQ-CLIENT-0144)', () => {
  it('of a task that runs prints what is known, once', async () => {
    gateway.on(resultPath, json(200, result('running', { stdout: 'ignored' })));
    expect(await cynork('task', 'result', taskId)).toMatchObject({
      code: 0,
      stdout: `task_id=${taskId} status=running task_name=say-hello\n`,
    });
    expect(gateway.requests.map((request) => request.url)).toEqual([`/v1/tasks/${taskId}/result`]);
  });

  it('in JSON carries streams, exit code and jobs', async () => {
    const task = gateway.addTask().end({ stdout: 'out', stderr: 'err' });
    const [{ id: job_id, ...job } = { id: '' }] = task.result().jobs;
    const { stdout } = await cynork('task', 'result', task.id, '-o', 'json');
    expect(job).toMatchObject({ status: 'completed', result: { stdout: 'out', exit_code: 0 } });
    expect(parseJson(stdout)).toEqual({
      task_id: task.id,
      status: 'completed',
      task_name: 'say-hello',
      stdout: 'out',
      stderr: 'err',
      exit_code: 0,
      jobs: [{ job_id, ...job }],
    });
  });

  it('joins the jobs when the gateway gives no streams, also those in JSON text', async () => {
    const jobs = [
      { id: jobId, status: 'completed', result: jobResult('a\n', 'x') },
      {
        id: 'second',
        status: 'failed',
        result: JSON.stringify(jobResult('b\n', '', { exit_code: 9 })),
      },
    ];
    gateway.on(resultPath, json(200, result('failed', { jobs })));
    const { stdout } = await cynork('task', 'result', taskId, '-o', 'json');
    expect(parseJson(stdout)).toMatchObject({ stdout: 'a\nb\n', stderr: 'x', exit_code: 9 });
  });

  it('warns when output was cut', async () => {
    const truncated = { stdout: true, stderr: false };
    const { id, jobId: cut } = gateway.addTask().end({ stdout: 'a', truncated });
    expect((await cynork('task', 'result', id)).stderr).toBe(
      `warning: stdout of job ${cut} was cut at the limit\n`,
    );
  });

  it('has the end of a stream that was cut, in logs and result', async () => {
    const truncated = { stdout: true, stderr: false };
    const tail = { stdout: { omitted_bytes: 12345, text: 'last\n' } };
    const { id } = gateway.addTask().end({ stdout: 'first\n', stderr: 'e\n', truncated, tail });
    const gap = '\n[12,345 bytes of stdout are left out here]\nlast\n';
    const logs = await cynork('task', 'logs', id);
    expect(logs).toMatchObject({ stdout: `first\n${gap}e\n`, stderr: '' });
    const asJson = await cynork('task', 'logs', id, '-o', 'json');
    expect(parseJson(asJson.stdout)).toMatchObject({ tail });
    const result = await cynork('task', 'result', id, '-o', 'json');
    expect(parseJson(result.stdout)).toMatchObject({ stdout: 'first\n', tail });
  });

  it('of many megabytes comes through a pipe whole, as one value', async () => {
    const big = 'é\n'.repeat(2_000_000);
    gateway.on(resultPath, json(200, result('completed', { stdout: big, stderr: '' })));
    const { stdout, code } = await cynork('task', 'result', taskId, '-o', 'json');
    expect(code).toBe(0);
    expect((parseJson(stdout) as { stdout: string }).stdout === big).toBe(true);
    const table = await cynork('task', 'result', taskId);
    expect(table.stdout.split('\n')).toHaveLength(2);
  });

  it('ends quietly with 0 when the reader goes away', async () => {
    const big = 'x\n'.repeat(2_000_000);
    gateway.on(resultPath, json(200, result('completed', { stdout: big, stderr: '' })));
    const running = home.start(['task', 'result', taskId], { env });
    await running.printed(/./s);
    running.process.stdout?.destroy();
    expect(await running.outcome).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('waiting is honest', () => {
  it('asks again after 2 s when the server does not hold, and stops at superseded', async () => {
    gateway.on(
      resultPath,
      inTurn(
        json(200, result('queued')),
        json(200, result('running')),
        json(200, result('superseded')),
      ),
    );
    expect((await cynork('task', 'result', taskId, '--wait')).stdout).toContain(
      'status=superseded',
    );
    const asked = gateway.requests.map((request) => request.at);
    expect(gateway.requests.map((request) => request.url)).toEqual(
      Array.from({ length: 3 }, () => `/v1/tasks/${taskId}/result?wait=30`),
    );
    for (const [index, at] of asked.slice(1).entries()) {
      expect(at - (asked[index] ?? 0)).toBeGreaterThan(1950);
    }
  });

  it('survives two 503s, as long as Retry-After says', async () => {
    const busy = problem(503, 'unavailable', 'later', { 'retry-after': '1' });
    const { id } = gateway.addTask().end();
    gateway.next(`GET /v1/tasks/${id}/result`, busy, busy);
    expect((await cynork('task', 'result', id, '-w')).code).toBe(0);
    expect(gateway.requests).toHaveLength(3);
    const asked = gateway.requests.map((request) => request.at);
    expect((asked[1] ?? 0) - (asked[0] ?? 0)).toBeGreaterThan(950);
  });

  it('gives up with exit 7 after the fourth failure in a row', async () => {
    gateway.on(resultPath, problem(500, 'internal', 'broken', { 'retry-after': '0' }));
    expect(await cynork('task', 'result', taskId, '-w', '-o', 'json')).toMatchObject({
      code: 7,
      stdout: '',
    });
    expect(gateway.requests).toHaveLength(4);
  });

  it('does not repeat a refusal', async () => {
    expect((await cynork('task', 'result', taskId, '-w')).code).toBe(4);
    expect(gateway.requests).toHaveLength(1);
  });

  it('is ended by SIGINT with 130 and an empty stdout', async () => {
    const { id } = gateway.addTask();
    const running = home.start(['task', 'result', id, '--wait', '-o', 'json'], { env });
    await expect.poll(() => gateway.requests.length, { timeout: 10_000 }).toBe(1);
    running.kill('SIGINT');
    expect(await running.outcome).toEqual({ code: 130, signal: null, stdout: '', stderr: '' });
  });
});

describe('task cancel (REQ-CLIENT-0128)', () => {
  let task: ReturnType<FakeGateway['addTask']>;
  beforeEach(() => {
    task = gateway.addTask();
  });

  it.each([['n\n'], ['\n'], [''], ['yes\n'], [' y\n']])(
    'the answer %j sends nothing',
    async (input) => {
      const table = await home.run(['task', 'cancel', 'say-hello'], { env, input });
      expect(table).toEqual({
        code: 0,
        signal: null,
        stdout: '',
        stderr: 'Cancel task say-hello? [y/N]\naborted\n',
      });
      const asJson = await home.run(['task', 'cancel', 'say-hello', '-o', 'json'], { env, input });
      expect(parseJson(asJson.stdout)).toEqual({ task_id: 'say-hello', aborted: true });
      expect(gateway.requests).toHaveLength(0);
      expect(task.status).toBe('queued');
    },
  );

  it.each([['y\n'], ['Y\n'], ['y\r\n'], ['y']])('the answer %j cancels', async (input) => {
    const outcome = await home.run(['task', 'cancel', 'say-hello'], { env, input });
    expect(task.status).toBe('canceled');
    expect(outcome).toMatchObject({
      code: 0,
      stdout: `task_id=${task.id} canceled=true task_name=say-hello\n`,
    });
    expect(gateway.requests).toHaveLength(1);
  });

  it('-y does not ask; a task that has ended otherwise is exit 5', async () => {
    const outcome = await cynork('task', 'cancel', 'say-hello', '-y', '-o', 'json');
    expect(parseJson(outcome.stdout)).toEqual({
      task_id: task.id,
      canceled: true,
      task_name: 'say-hello',
    });
    expect(outcome.stderr).toBe('');
    const { id } = gateway.addTask().end();
    expect((await cynork('task', 'cancel', id, '--yes')).code).toBe(5);
  });
});

describe('task logs', () => {
  it('prints stdout lines, then stderr lines; JSON lists them', async () => {
    const { id } = gateway.addTask().end({ stdout: 'a\nb', stderr: 'c\n' });
    expect((await cynork('task', 'logs', id)).stdout).toBe('a\nb\nc\n');
    const { stdout } = await cynork('task', 'logs', id, '--stream', 'all', '-o', 'json');
    expect(parseJson(stdout)).toEqual({
      task_id: id,
      stream: 'all',
      lines: ['a', 'b', 'c'],
      task_name: 'say-hello',
    });
    expect(gateway.requests[0]?.url).toBe(`/v1/tasks/${id}/logs?stream=all`);
  });

  it('--follow prints events as they come; the first line is there before the task ends', async () => {
    const gate = new EventTarget();
    gateway.on(eventsPath, async (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(
        `id: 1\nevent: job.log\ndata: ${JSON.stringify(logEvent('stdout', 'first\n'))}\n\n`,
      );
      await once(gate, 'open');
      response.write(`: heartbeat\n\nid: 2\nevent: workflow.later\ndata: {}\n\n`);
      response.end(
        `id: 3\nevent: task.status\ndata: ${JSON.stringify(statusEvent('completed'))}\n\n`,
      );
    });
    const running = home.start(['task', 'logs', taskId, '-F', '-o', 'jsonl'], { env });
    await running.printed('first');
    gate.dispatchEvent(new Event('open'));
    const outcome = await running.outcome;
    expect(outcome.code).toBe(0);
    expect(
      outcome.stdout
        .trimEnd()
        .split('\n')
        .map((line) => parseJson(line) as object),
    ).toEqual([{ task_id: taskId, job_id: jobId, stream: 'stdout', text: 'first\n' }]);
  });

  it('--follow resumes a stream that was closed, repeats nothing, and keeps the chosen stream', async () => {
    gateway.on(
      eventsPath,
      inTurn(
        events(
          ['7', 'job.log', logEvent('stdout', 'one\n')],
          ['8', 'job.log', logEvent('stderr', 'no\n')],
        ),
        events(
          ['7', 'job.log', logEvent('stdout', 'one\n')],
          ['9', 'job.log', logEvent('stdout', 'two')],
          ['10', 'task.status', statusEvent('failed')],
        ),
      ),
    );
    const outcome = await cynork('task', 'logs', taskId, '--follow', '--stream', 'stdout');
    expect(outcome).toMatchObject({ code: 0, stdout: 'one\ntwo\n' });
    expect(gateway.of(eventsPath).map((request) => request.headers['last-event-id'])).toEqual([
      undefined,
      '8',
    ]);
  });

  it('--follow falls back to polling, prints only what is new, and ends with the task', async () => {
    gateway.on(
      logsPath,
      inTurn(
        json(200, logs('running', 'one\n', 'err\n')),
        problem(503, 'unavailable', 'later', { 'retry-after': '0' }),
        json(200, logs('completed', 'one\ntwo\n', 'err\n')),
      ),
    );
    expect(await cynork('task', 'logs', taskId, '-F')).toMatchObject({
      code: 0,
      stdout: 'one\nerr\ntwo\n',
    });
    expect(gateway.of(eventsPath)).toHaveLength(1);
    const [first, second] = gateway.of(logsPath).map((request) => request.at);
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThan(1950);
  });

  it('--follow of a task whose events are gone prints the stored output', async () => {
    gateway
      .on(eventsPath, events(['5', 'task.status', statusEvent('completed')]))
      .on(logsPath, json(200, logs('completed', 'kept\n')));
    expect((await cynork('task', 'logs', taskId, '-F')).stdout).toBe('kept\n');
  });

  it('--follow in JSON is one value at the end', async () => {
    const { id } = gateway.addTask().end({ stdout: 'x\n' });
    const { stdout } = await cynork('task', 'logs', id, '-F', '-o', 'json');
    expect(parseJson(stdout)).toMatchObject({ task_id: id, lines: ['x'] });
  });

  it('--follow of a task that does not exist is exit 4', async () => {
    expect(await cynork('task', 'logs', taskId, '-F')).toMatchObject({ code: 4, stdout: '' });
  });
});
