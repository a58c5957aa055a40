import { parseJson } from '@cynodeai/runtime/std';
import {
  type MockGateway,
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
  text,
  tokens,
  user,
} from '@cynodeai/testing/doubles';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { CliError } from '../src/base/cli-error.ts';
import type { Home } from './support/cynork.ts';
import { eachTest } from './support/each-test.ts';
import { type Ran, type RunOptions, runInProcess } from './support/run-in-process.ts';

let gateway: MockGateway;
let home: Home;

eachTest((place) => ({ gateway, home } = place));

const run = (args: readonly string[], options: RunOptions = {}): Promise<Ran> =>
  runInProcess(home, args, options);

const stored = { CYNORK_TOKEN: '' };

describe('every command, in table and JSON', () => {
  beforeEach(() => {
    gateway
      .on('GET /healthz', text(200, 'ok'))
      .on('POST /v1/auth/login', json(200, tokens('access-1', 'refresh-1')))
      .on('POST /v1/auth/refresh', json(200, tokens('access-2', 'refresh-2')))
      .on('POST /v1/auth/logout', (_request, response) => void response.writeHead(204).end())
      .on('GET /v1/users/me', json(200, user))
      .on('POST /v1/tasks', json(201, task('queued')))
      .on('GET /v1/tasks', json(200, { tasks: [task('running')], next_cursor: 'more' }))
      .on('GET /v1/tasks/x', json(200, task('running')))
      .on('POST /v1/tasks/x/cancel', json(200, { task_id: taskId, canceled: true }))
      .on('GET /v1/tasks/x/result', json(200, result('completed', { stdout: 'out', stderr: '' })))
      .on(`GET /v1/tasks/${taskId}/result`, json(200, result('completed', { stdout: 'out' })))
      .on('GET /v1/tasks/x/logs', json(200, logs('completed', 'out')));
  });

  it.each([
    [['version'], {}],
    [['status'], {}],
    [['auth', 'whoami'], {}],
    [['auth', 'login', '-u', 'alice', '--password-stdin'], { input: 'pw', env: stored }],
    [['auth', 'login'], { input: 'alice\npw\n', env: stored }],
    [['auth', 'logout'], { env: stored }],
    [['task', 'create', '-p', 'hello'], {}],
    [['task', 'create', '--command', 'true', '--result'], {}],
    [['task', 'list'], {}],
    [['task', 'get', 'x'], {}],
    [['task', 'cancel', 'x', '-y'], {}],
    [['task', 'cancel', 'x'], { input: 'y\n' }],
    [['task', 'cancel', 'x'], { input: 'n\n' }],
    [['task', 'result', 'x'], {}],
    [['task', 'result', 'x', '--wait'], {}],
    [['task', 'logs', 'x'], {}],
    [['task', 'logs', 'x', '--follow'], {}],
    [['task', 'watch', 'x'], {}],
  ])('%j prints one JSON value or its table', async (args, options) => {
    const table = await run(args, options);
    expect(table.code).toBe(0);
    const asJson = await run([...args, '-o', 'json'], options);
    expect(asJson.code).toBe(0);
    expect(asJson.stdout).toBe(`${JSON.stringify(parseJson(asJson.stdout), undefined, 2)}\n`);
  });

  it('auth refresh needs a stored session and rotates it', async () => {
    expect((await run(['auth', 'refresh'], { env: stored })).code).toBe(3);
    await home.config('token: a\nrefresh_token: b\n');
    expect((await run(['auth', 'refresh'], { env: stored })).stdout).toBe('refreshed=true\n');
    expect(await home.readConfig()).toBe('token: access-2\nrefresh_token: refresh-2\n');
  });

  it('a session that ran out is renewed on the way', async () => {
    await home.config('token: a\nrefresh_token: b\n');
    const expired = problem(401, 'authentication', 'expired');
    gateway.on('GET /v1/users/me', inTurn(expired, json(200, user)));
    expect((await run(['auth', 'whoami'], { env: stored })).code).toBe(0);
    await home.config('token: a\n');
    gateway.on('GET /v1/users/me', expired);
    expect((await run(['auth', 'whoami'], { env: stored })).code).toBe(3);
    await home.config('token: a\nrefresh_token: b\n');
    gateway.on('POST /v1/auth/refresh', problem(401, 'authentication', 'used'));
    expect((await run(['auth', 'whoami'], { env: stored })).code).toBe(3);
  });

  it('a helper keeps the session', async () => {
    const helper = await home.file(
      '.config/cynork/helper',
      '#!/bin/sh\nread -r line\ncase $line in *get*) echo \'{"secret":"kept"}\' ;; *) echo \'{}\' ;; esac\n',
    );
    await writeFile(helper, '', { flag: 'a', mode: 0o700 });
    const { chmod } = await import('node:fs/promises');
    await chmod(helper, 0o700);
    await home.config(`credential_helper: ${helper}\ntoken: old\n`);
    expect((await run(['auth', 'login', '-u', 'a'], { input: 'pw\n', env: stored })).code).toBe(0);
    expect((await run(['auth', 'whoami'], { env: stored })).code).toBe(0);
    expect(gateway.of('GET /v1/users/me')[0]?.headers.authorization).toBe('Bearer kept');
    expect((await run(['auth', 'logout'], { env: stored })).code).toBe(0);
    await home.config('credential_helper: ./none\n');
    const missing = await run(['auth', 'whoami'], { env: stored });
    expect([missing.code, missing.stderr]).toEqual([3, expect.stringContaining('it is not there')]);
    await home.config('credential_helper: pass\n');
    expect((await run(['auth', 'whoami'], { env: stored })).code).toBe(2);
    const logout = await run(['auth', 'logout'], { env: stored });
    expect([logout.code, logout.stdout]).toEqual([2, '']);
  });

  it('follows events, resumes them, and polls without them', async () => {
    const path = 'GET /v1/tasks/x/events';
    gateway.on(
      path,
      inTurn(
        events(['1', 'job.log', logEvent('stdout', 'a')]),
        problem(503, 'unavailable', 'later', { 'retry-after': '0' }),
        events(
          ['2', 'job.log', logEvent('stderr', 'b\n')],
          ['3', 'task.status', statusEvent('failed')],
        ),
      ),
    );
    const lines = await run(['task', 'logs', 'x', '-F', '-o', 'jsonl']);
    expect(
      lines.stdout
        .trim()
        .split('\n')
        .map((line) => parseJson(line) as object),
    ).toEqual([
      { task_id: taskId, job_id: jobId, stream: 'stdout', text: 'a' },
      { task_id: taskId, job_id: jobId, stream: 'stderr', text: 'b\n' },
    ]);
    gateway.on(
      path,
      inTurn(events(['1', 'job.log', logEvent('stdout', 'ou')]), problem(404, 'not_found', 'gone')),
    );
    expect((await run(['task', 'logs', 'x', '-F'])).stdout).toBe('out\n');
  });

  it('warns about cut output', async () => {
    const truncated = { stdout: true, stderr: true };
    gateway.on('GET /v1/tasks/x/logs', json(200, { ...logs('completed', 'a'), truncated }));
    expect((await run(['task', 'logs', 'x'])).stderr).toContain('stdout and stderr was cut');
    const jobs = [{ id: jobId, status: 'completed', result: jobResult('a', 'b', { truncated }) }];
    gateway.on('GET /v1/tasks/x/result', json(200, result('completed', { jobs })));
    const shown = await run(['task', 'result', 'x']);
    expect(shown.stdout).toContain('stdout=a stderr=b');
    expect(shown.stderr).toContain(`of job ${jobId} was cut`);
  });
});

describe('failures', () => {
  it.each([
    [['nope'], 2, ''],
    [['task', 'create', '-t', 'a', '-p', 'b'], 2, ''],
    [['auth', 'login', '--password-stdin'], 2, ''],
    [['auth', 'login', '-u', 'a'], 2, ''],
    [['auth', 'login', '-u', 'a', '--password-stdin'], 2, '\u0000'.repeat(70_000)],
    [['-c', '', 'version'], 2, ''],
    [['status'], 7, ''],
    [['task', 'get', 'x'], 4, ''],
  ])('%j is exit %i', async (args, code, input) => {
    const ran = await run(args, { input });
    expect([ran.code, ran.stdout]).toEqual([code, '']);
    expect(ran.stderr).toMatch(/^(?:Password:)?\n?error: /);
  });

  it.each(['a: [1', '- a\n', 'token: 5\n', 'tls: [1]\n'])(
    'the config %j is exit 2',
    async (content) => {
      await home.config(content);
      expect(await run(['version'])).toMatchObject({ code: 2, stdout: '' });
    },
  );

  it.each([
    ['no JSON', text(200, '{')],
    ['no id', json(200, { status: 'queued' })],
    ['an unknown state', json(200, { id: 'a', status: 'odd' })],
  ])('a task with %s is exit 7', async (_title, reply) => {
    gateway.on('GET /v1/tasks/x', reply);
    expect((await run(['task', 'get', 'x'])).code).toBe(7);
  });

  it('a task known by `id`, and jobs whose results are JSON text, are understood', async () => {
    gateway.on('GET /v1/tasks/x', json(200, { id: 'a', status: 'queued' }));
    expect((await run(['task', 'get', 'x'])).stdout).toBe('task_id=a status=queued\n');
    const job = (outcome: unknown): object => ({ id: 'j', status: 'failed', result: outcome });
    const jobs = [job(JSON.stringify(jobResult('a'))), job(jobResult('b')), job(undefined)];
    gateway.on('GET /v1/tasks/x/result', json(200, { task_id: 'a', status: 'failed', jobs }));
    expect((await run(['task', 'result', 'x'])).stdout).toContain('stdout=ab');
    gateway.on('GET /v1/tasks/x/result', json(200, result('failed', { jobs: [job('no json')] })));
    expect((await run(['task', 'result', 'x'])).code).toBe(7);
  });

  it('logout goes on when the gateway cannot be told', async () => {
    await home.config('token: a\nrefresh_token: b\n');
    const ran = await run(['auth', 'logout'], {
      env: { CYNORK_GATEWAY_URL: 'http://127.0.0.1:1' },
    });
    expect([ran.code, ran.stdout]).toEqual([0, 'logged_out=true\n']);
    expect(ran.stderr).toContain('was not revoked');
    expect(await home.readConfig()).not.toContain('token');
  });

  it.each(['a\nb', 'a b', 'tök', 'a\r'])(
    'the token %j is exit 3, nothing is sent',
    async (token) => {
      const outcome = await run(['auth', 'whoami'], { env: { CYNORK_TOKEN: token } });
      expect(outcome).toMatchObject({ code: 3, stdout: '' });
      expect(outcome.stderr).not.toContain(token);
      expect(gateway.requests).toHaveLength(0);
    },
  );

  it('--handle is the same as --user, one of them at a time', async () => {
    gateway.on('POST /v1/auth/login', json(200, tokens('access-1', 'refresh-1')));
    const options = { input: 'pw', env: stored };
    const ok = await run(['auth', 'login', '--handle', 'alice', '--password-stdin'], options);
    expect(ok).toMatchObject({ code: 0, stdout: 'logged_in=true user=alice\n' });
    const both = ['auth', 'login', '--handle', 'a', '--user', 'a', '--password-stdin'];
    expect((await run(both, options)).code).toBe(2);
  });

  it('a limit is passed on or refused', async () => {
    gateway.on('GET /v1/tasks', json(200, { tasks: [] }));
    await run(['task', 'list', '-l', '7']);
    expect(gateway.requests[0]?.url).toBe('/v1/tasks?limit=7');
    expect((await run(['task', 'list', '-l', '201'])).code).toBe(2);
  });

  it('a config named by a flag or by XDG is used; with none login is exit 8', async () => {
    gateway
      .on('POST /v1/auth/login', json(200, tokens('a', 'r')))
      .on('GET /v1/users/me', json(200, user));
    const login = ['auth', 'login', '-u', 'a'];
    const named = `${home.path}/named.yaml`;
    expect((await run([...login, '-c', named], { input: 'pw\n' })).stderr).toContain(
      'CYNORK_TOKEN',
    );
    const env = { ...stored, XDG_CONFIG_HOME: `${home.path}/xdg` };
    expect((await run(login, { input: 'pw\n', env })).code).toBe(0);
    expect((await run(['auth', 'whoami'], { env })).code).toBe(0);
    expect((await run(['auth', 'whoami', '-c', named], { env: stored })).code).toBe(0);
    gateway.requests.length = 0;
    const nowhere = await run(login, { input: 'pw\n', env: { HOME: '' } });
    expect([nowhere.code, nowhere.stdout]).toEqual([8, '']);
    expect(gateway.requests).toHaveLength(0);
  });

  it('something else than a gateway is not healthy', async () => {
    gateway.on('GET /healthz', text(200, 'hello'));
    expect((await run(['status'])).code).toBe(7);
  });

  it('help is no failure', async () => {
    expect((await run(['task'])).stdout).toContain('Usage: cynork task');
    expect((await run([])).code).toBe(0);
  });

  it('others who can read the config are warned about', async () => {
    await home.config('token: a\n', 0o644);
    expect((await run(['version'])).stderr).toContain('chmod 600');
  });

  it('plain http to another host is warned about once', async () => {
    const env = { CYNORK_GATEWAY_URL: 'http://no-such-host.invalid' };
    expect((await run(['auth', 'whoami'], { env })).stderr.match(/plain http/g)).toHaveLength(1);
  });

  it('a stop while waiting, asking or following says nothing but how to go on', async () => {
    gateway.on('POST /v1/tasks', json(201, task('queued')));
    for (const args of [
      ['task', 'create', '-p', 'x', '--result'],
      ['task', 'result', taskId, '--wait'],
      ['task', 'logs', taskId, '-F'],
    ]) {
      const stop = new AbortController();
      const reached = new EventTarget();
      const hold = (): void => void reached.dispatchEvent(new Event('reached'));
      gateway.on(`GET /v1/tasks/${taskId}/result`, hold).on(`GET /v1/tasks/${taskId}/events`, hold);
      const seen = once(reached, 'reached');
      const running = run(args, { signal: stop.signal });
      await seen;
      stop.abort(new CliError('interrupted', 'interrupted'));
      const { code, stdout, stderr } = await running;
      expect([code, stdout]).toEqual([130, '']);
      expect(stderr).toBe(
        args[1] === 'create' ? `the task goes on; see it with: cynork task result ${taskId}\n` : '',
      );
    }
  });
});
