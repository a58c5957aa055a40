import { parseJson } from '@cynodeai/runtime/std';
import { waitFor } from '@cynodeai/testing';
import {
  type FakeGateway,
  alice,
  events,
  inTurn,
  jobId,
  jobResult,
  json,
  logEvent,
  problem,
  result,
  statusEvent,
  taskId,
  text,
} from '@cynodeai/testing/doubles';
import { writeFile } from 'node:fs/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { CliError } from '../src/base/cli-error.ts';
import type { Home } from './support/cynork.ts';
import { eachTest } from './support/each-test.ts';
import { type Ran, type RunOptions, runInProcess } from './support/run-in-process.ts';

let gateway: FakeGateway;
let home: Home;

eachTest((place) => ({ gateway, home } = place));

const run = (args: readonly string[], options: RunOptions = {}): Promise<Ran> =>
  runInProcess(home, args, options);

const stored = { CYNORK_TOKEN: '' };

/** Puts a session of alice into the config file, as a login does. */
async function keepSession(): Promise<void> {
  const tokens = gateway.identity.openSession(gateway.alice);
  await home.config(
    `gateway_url: ${gateway.url}\ntoken: ${tokens.access_token}\nrefresh_token: ${tokens.refresh_token}\n`,
  );
}

describe('every command, in table and JSON', () => {
  beforeEach(() => {
    gateway.addTask({ task_name: 'x' }).end({ stdout: 'out' });
    gateway.addTask({ task_name: 'open' });
    gateway.tasks.onCreated = (task) => task.end({ stdout: 'out' });
  });

  it.each([
    [['version'], {}],
    [['status'], {}],
    [['auth', 'whoami'], {}],
    [['auth', 'login', '-u', 'alice', '--password-stdin'], { input: alice.password, env: stored }],
    [['auth', 'login'], { input: `alice\n${alice.password}\n`, env: stored }],
    [['auth', 'logout'], { env: stored }],
    [['task', 'create', '-p', 'hello'], {}],
    [['task', 'create', '--command', 'true', '--result'], {}],
    [['task', 'list'], {}],
    [['task', 'list', '-l', '1'], {}],
    [['task', 'get', 'x'], {}],
    [['task', 'cancel', 'open', '-y'], {}],
    [['task', 'cancel', 'open'], { input: 'y\n' }],
    [['task', 'cancel', 'open'], { input: 'n\n' }],
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
    await keepSession();
    expect((await run(['auth', 'refresh'], { env: stored })).stdout).toBe('refreshed=true\n');
    expect(await home.readConfig()).toBe(
      `gateway_url: ${gateway.url}\ntoken: access-canary-2\nrefresh_token: refresh-canary-2\ntoken_gateway: ${gateway.url}\n`,
    );
  });

  it('a session that ran out is renewed on the way', async () => {
    await keepSession();
    const used = await home.readConfig();
    gateway.clock.advance(900_000);
    expect((await run(['auth', 'whoami'], { env: stored })).code).toBe(0);
    expect(await home.readConfig()).toContain('access-canary-2');
    await home.config(`gateway_url: ${gateway.url}\ntoken: access-canary-1\n`);
    expect((await run(['auth', 'whoami'], { env: stored })).code).toBe(3);
    await home.config(used);
    expect((await run(['auth', 'whoami'], { env: stored })).code).toBe(3);
    expect(gateway.of('POST /v1/auth/refresh')).toHaveLength(2);
  });

  it('a helper keeps the session', async () => {
    const helper = await home.file(
      '.config/cynork/helper',
      '#!/bin/sh\nread -r line\ncase $line in *get*) echo \'{"secret":"kept"}\' ;; *) echo \'{}\' ;; esac\n',
    );
    await writeFile(helper, '', { flag: 'a', mode: 0o700 });
    const { chmod } = await import('node:fs/promises');
    await chmod(helper, 0o700);
    await home.config(`gateway_url: ${gateway.url}\ncredential_helper: ${helper}\ntoken: old\n`);
    gateway.identity.openSession(gateway.alice, 'kept');
    const login = { input: `${alice.password}\n`, env: stored };
    expect((await run(['auth', 'login', '-u', 'alice'], login)).code).toBe(0);
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
    const { id, jobId } = gateway.addTask().end({ stdout: 'a', stderr: 'b', truncated });
    expect((await run(['task', 'logs', id])).stderr).toContain('stdout and stderr was cut');
    const shown = await run(['task', 'result', id]);
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
    gateway.on('GET /healthz', problem(404, 'not_found', 'no such path'));
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
    const options = { input: alice.password, env: stored };
    const ok = await run(['auth', 'login', '--handle', 'alice', '--password-stdin'], options);
    expect(ok).toMatchObject({ code: 0, stdout: 'logged_in=true user=alice\n' });
    const both = ['auth', 'login', '--handle', 'a', '--user', 'a', '--password-stdin'];
    expect((await run(both, options)).code).toBe(2);
  });

  it('a limit is passed on or refused', async () => {
    expect((await run(['task', 'list', '-l', '7'])).code).toBe(0);
    expect(gateway.requests[0]?.url).toBe('/v1/tasks?limit=7');
    expect((await run(['task', 'list', '-l', '201'])).code).toBe(2);
  });

  it('a config named by a flag or by XDG is used; with none login is exit 8', async () => {
    const login = ['auth', 'login', '-u', 'alice'];
    const input = `${alice.password}\n`;
    const named = `${home.path}/named.yaml`;
    expect((await run([...login, '-c', named], { input })).stderr).toContain('CYNORK_TOKEN');
    const env = { ...stored, XDG_CONFIG_HOME: `${home.path}/xdg` };
    expect((await run(login, { input, env })).code).toBe(0);
    expect((await run(['auth', 'whoami'], { env })).code).toBe(0);
    expect((await run(['auth', 'whoami', '-c', named], { env: stored })).code).toBe(0);
    gateway.requests.length = 0;
    const nowhere = await run(login, { input, env: { HOME: '' } });
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
    const { id } = gateway.addTask();
    for (const args of [
      ['task', 'create', '-p', 'x', '--result'],
      ['task', 'result', id, '--wait'],
      ['task', 'logs', id, '-F'],
    ]) {
      const stop = new AbortController();
      gateway.requests.length = 0;
      const running = run(args, { signal: stop.signal });
      await waitFor(() => gateway.requests.some(({ url }) => /wait=|events$/.test(url)));
      stop.abort(new CliError('interrupted', 'interrupted'));
      const { code, stdout, stderr } = await running;
      expect([code, stdout]).toEqual([130, '']);
      const made = gateway.tasks.all.at(-1);
      expect(stderr).toBe(
        args[1] === 'create'
          ? `the task goes on; see it with: cynork task result ${made?.id}\n`
          : '',
      );
    }
  });
});
